# SPDX-License-Identifier: GPL-2.0-only
"""Bars beside a table, as SVG."""

from html import escape

ROW, LEFT, WIDTH, RIGHT = 22, 130, 480, 90


def bars(title, unit, rows):
    """rows: (name, value), none of them less than 0."""
    top = max((value for _, value in rows), default=0) or 1
    height = ROW * (len(rows) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
           'font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="8" y="{ROW * 0.8:.0f}" font-weight="bold">{escape(title)} ({escape(unit)})</text>']
    for n, (name, value) in enumerate(rows, 1):
        y, size = n * ROW + ROW // 2, max(value, 0) / top * WIDTH
        ours = name.removeprefix('tls-').startswith(('relay', 'merge', 'splice'))
        out += [f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>',
                f'<rect x="{LEFT}" y="{y + 2}" width="{size:.1f}" height="{ROW - 6}" '
                f'fill="{"#1f6fb2" if ours else "#9aa5b1"}"/>',
                f'<text x="{LEFT + size + 6:.1f}" y="{y + 14}">{value:.3f}</text>']
    return '\n'.join(out + ['</svg>', ''])
