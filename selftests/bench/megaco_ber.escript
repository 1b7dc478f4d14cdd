#!/usr/bin/env escript
%% -*- erlang -*-
%% SPDX-License-Identifier: GPL-2.0-only
%% megaco_ber.escript FILE: nanoseconds of CPU time in which megaco reads one binary message; ids stay
%% ids and values stay octets, which saves it work

-define(ROUNDS, 5).
-define(TIME, 200).	% milliseconds a round, for the clock ticks in milliseconds

main([File]) ->
    {ok, Bin} = file:read_file(File),
    N = loops(Bin, 1000),
    io:format("~p~n", [lists:min([measure(Bin, N) || _ <- lists:seq(1, ?ROUNDS)]) * 1000000 div N]).

loops(Bin, N) ->
    case measure(Bin, N) of
        T when T < ?TIME -> loops(Bin, 2 * N);
        _ -> N
    end.

measure(Bin, N) ->
    {Before, _} = erlang:statistics(runtime),
    loop(Bin, N),
    {After, _} = erlang:statistics(runtime),
    After - Before.

loop(_, 0) -> ok;
loop(Bin, N) ->
    {ok, _} = megaco_ber_encoder:decode_message([native], 2, Bin),
    loop(Bin, N - 1).
