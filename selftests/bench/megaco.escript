#!/usr/bin/env escript
%% -*- erlang -*-
%% SPDX-License-Identifier: GPL-2.0-only
%% megaco.escript FILE: nanoseconds in which megaco's faster scanner reads one message

main([File]) ->
    {ok, Bin} = file:read_file(File),
    {ok, _, Conf} = megaco_flex_scanner_handler:start_link(),
    Best = lists:min([element(1, timer:tc(fun() -> loop(Conf, Bin, 1000) end)) || _ <- lists:seq(1, 20)]),
    io:format("~p~n", [Best]).

loop(_, _, 0) -> ok;
loop(Conf, Bin, N) ->
    {ok, _} = megaco_pretty_text_encoder:decode_message([Conf], dynamic, Bin),
    loop(Conf, Bin, N - 1).
