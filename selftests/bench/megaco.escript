#!/usr/bin/env escript
%% -*- erlang -*-
%% SPDX-License-Identifier: GPL-2.0-only
%% megaco.escript FILE: nanoseconds of CPU time in which megaco's faster scanner reads one message

-define(ROUNDS, 5).
-define(TIME, 200).	% milliseconds a round, for the clock ticks in milliseconds

main([File]) ->
    {ok, Bin} = file:read_file(File),
    {ok, _, Conf} = megaco_flex_scanner_handler:start_link(),
    N = loops(Conf, Bin, 1000),
    io:format("~p~n", [lists:min([measure(Conf, Bin, N) || _ <- lists:seq(1, ?ROUNDS)]) * 1000000 div N]).

loops(Conf, Bin, N) ->
    case measure(Conf, Bin, N) of
        T when T < ?TIME -> loops(Conf, Bin, 2 * N);
        _ -> N
    end.

measure(Conf, Bin, N) ->
    {Before, _} = erlang:statistics(runtime),
    loop(Conf, Bin, N),
    {After, _} = erlang:statistics(runtime),
    After - Before.

loop(_, _, 0) -> ok;
loop(Conf, Bin, N) ->
    {ok, _} = megaco_pretty_text_encoder:decode_message([Conf], dynamic, Bin),
    loop(Conf, Bin, N - 1).
