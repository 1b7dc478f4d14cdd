// SPDX-License-Identifier: GPL-2.0-only
/* Fax machine for tests: TIFF files, made and compared line by line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "fax.h"

#define WIDTH	1728	/* A4 in T.4 */

/* Bars whose width depends on page and line, so that no two lines in a row are alike. */
static void draw(uint8_t *row, unsigned int page, unsigned int line)
{
	unsigned int x, period = 16 + (line * 7 + page * 13) % 96;

	memset(row, 0, WIDTH / 8);
	for (x = 64; x < WIDTH - 64; x++)
		if ((x + line) / period % 2)
			row[x / 8] |= (uint8_t)(0x80 >> x % 8);
}

int pages_make(const char *path, unsigned int pages, unsigned int lines)
{
	TIFF *t = TIFFOpen(path, "w");
	uint8_t row[WIDTH / 8];
	unsigned int p, y;

	if (!t)
		return -1;
	for (p = 0; p < pages; p++) {
		TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_CCITT_T6);
		TIFFSetField(t, TIFFTAG_IMAGEWIDTH, WIDTH);
		TIFFSetField(t, TIFFTAG_IMAGELENGTH, lines);
		TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1);
		TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
		TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, lines);
		TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
		TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
		TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
		TIFFSetField(t, TIFFTAG_XRESOLUTION, 204.0);
		TIFFSetField(t, TIFFTAG_YRESOLUTION, 98.0);
		TIFFSetField(t, TIFFTAG_PAGENUMBER, p, pages);
		for (y = 0; y < lines; y++) {
			draw(row, p, y);
			if (TIFFWriteScanline(t, row, y, 0) < 0)
				return -1;
		}
		TIFFWriteDirectory(t);
	}
	TIFFClose(t);
	return 0;
}

static bool same_page(TIFF *a, TIFF *b)
{
	uint32_t width_a = 0, width_b = 0, lines_a = 0, lines_b = 0, y;
	uint8_t row_a[WIDTH / 8] = { 0 }, row_b[WIDTH / 8] = { 0 };

	TIFFGetField(a, TIFFTAG_IMAGEWIDTH, &width_a);
	TIFFGetField(b, TIFFTAG_IMAGEWIDTH, &width_b);
	TIFFGetField(a, TIFFTAG_IMAGELENGTH, &lines_a);
	TIFFGetField(b, TIFFTAG_IMAGELENGTH, &lines_b);
	if (width_a != WIDTH || width_b != WIDTH || lines_a != lines_b)
		return false;
	for (y = 0; y < lines_a; y++)
		if (TIFFReadScanline(a, row_a, y, 0) < 0 || TIFFReadScanline(b, row_b, y, 0) < 0 ||
		    memcmp(row_a, row_b, sizeof(row_a)))
			return false;
	return true;
}

int pages_compare(const char *a, const char *b)
{
	TIFF *ta = TIFFOpen(a, "r"), *tb = TIFFOpen(b, "r");
	int same = 0, more_a = ta != NULL, more_b = tb != NULL;

	if (!ta || !tb)
		return -1;
	while (more_a && more_b) {
		same += same_page(ta, tb);
		more_a = TIFFReadDirectory(ta);
		more_b = TIFFReadDirectory(tb);
	}
	TIFFClose(ta);
	TIFFClose(tb);
	return same;
}
