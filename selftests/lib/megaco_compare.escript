#!/usr/bin/env escript
%% -*- erlang -*-
%% SPDX-License-Identifier: GPL-2.0-only
%%
%% How Erlang's megaco reads messages, beside how it reads the same messages written by us.
%%
%%   megaco_compare.escript extract DIR      its own measured messages as DIR/meas_NAME.txt
%%   megaco_compare.escript compare DIR      for each DIR/X.txt: decode it, X.txt.pretty, X.txt.compact
%%
%%   megaco_compare.escript theirs DIR       for each DIR/X.txt: the same in binary as DIR/X.theirs
%%   megaco_compare.escript binary DIR       for each DIR/X.txt: X.ours, which is binary of ours, and
%%                                           X.back, text that we made of X.theirs
%%
%% theirs and binary need DIR/numbers: what ids our side gave to the names of packages and
%% TerminationIDs. Megaco's own table has a few packages only and knows no types; the values are
%% encoded and decoded here.
%%
%% compare prints a line per file: "same X", "unreadable X why", "refused X why" (it is ours that cannot
%% be read), "differs X why". A message counts as read if one of its two scanners, which disagree
%% with each other, reads it.

-mode(compile).

main(["extract", Dir]) ->
    Lib = code:lib_dir(megaco),
    {ok, Terms} = file:consult(filename:join([Lib, "examples", "meas", "time_test.msgs"])),
    N = [ok = file:write_file(filename:join(Dir, lists:concat(["meas_", Name, ".txt"])), Text)
         || {_, List} <- Terms, {Name, Text} <- List],
    io:format("~p~n", [length(N)]);
main(["compare", Dir]) ->
    Flex = flex(),
    [compare(Flex, Dir, F) || F <- lists:sort(filelib:wildcard("*.txt", Dir))];

main(["theirs", Dir]) ->
    Numbers = numbers(Dir),
    Flex = flex(),
    [theirs(Flex, Numbers, Dir, F) || F <- lists:sort(filelib:wildcard("*.txt", Dir))];
main(["binary", Dir]) ->
    Numbers = numbers(Dir),
    Flex = flex(),
    [binary(Flex, Numbers, Dir, F) || F <- lists:sort(filelib:wildcard("*.txt", Dir))].

flex() ->
    case catch megaco_flex_scanner_handler:start_link() of
        {ok, _Pid, Conf} -> [Conf];
        _ -> none
    end.

compare(Flex, Dir, F) ->
    Name = filename:rootname(F),
    Path = filename:join(Dir, F),
    Theirs = decode(Flex, Path),
    Ours = [decode(Flex, Path ++ Style) || Style <- [".pretty", ".compact"]],
    {Word, Why} =
        case {lists:keyfind(ok, 1, Theirs), [lists:keyfind(ok, 1, O) || O <- Ours]} of
            {false, _} -> {"unreadable", hd(Theirs)};
            {_, [false, _]} -> {"refused", hd(hd(Ours))};
            {_, [_, false]} -> {"refused", hd(lists:last(Ours))};
            {_, Found} ->
                All = [normal(T) || {ok, T} <- Theirs],
                case [T || {ok, T} <- Found, not lists:member(normal(T), All)] of
                    [] -> {"same", ""};
                    [T | _] -> {"differs", difference(hd(All), normal(T))}
                end
        end,
    io:format("~s ~s ~s~n", [Word, Name, string:slice(flat(Why), 0, 300)]).

flat("") -> "";
flat({error, [{reason, R} | _]}) -> io_lib:format("~0p", [R]);
flat(T) -> io_lib:format("~0p", [T]).

%% what each scanner makes of it
decode(Flex, Path) ->
    {ok, Bin} = file:read_file(Path),
    Confs = case Flex of none -> [[]]; _ -> [[], Flex] end,
    [case catch megaco_pretty_text_encoder:decode_message(C, dynamic, Bin) of
         {ok, M} -> {ok, M};
         {error, R} -> {error, R};
         Crash -> {error, Crash}
     end || C <- Confs].

%% What does not count: white space and comments in digit maps, and the order of descriptors, audit
%% tokens and completion reasons.
normal(T) when is_tuple(T), size(T) > 1, element(1, T) =:= 'DigitMapValue' ->
    list_to_tuple([case E of [_ | _] -> map_text(E); _ -> E end || E <- tuple_to_list(T)]);
normal(T) when is_tuple(T) -> list_to_tuple([normal(E) || E <- tuple_to_list(T)]);
normal([_ | _] = L) ->
    N = [normal(E) || E <- L],
    case lists:all(fun(E) -> is_atom(E) orelse is_descriptor(E) end, N) of
        true -> lists:sort(N);
        false -> N
    end;
normal(T) -> T.

map_text(S) ->
    NoComments = re:replace(S, ";[^\r\n]*", "", [global, {return, list}]),
    [C || C <- NoComments, not lists:member(C, " \t\r\n")].

is_descriptor(T) when is_tuple(T), is_atom(element(1, T)) ->
    N = atom_to_list(element(1, T)),
    lists:suffix("Descriptor", N) orelse lists:suffix("Item", N) orelse N =:= "emptyDescriptors"
        orelse N =:= "terminationAudit";
is_descriptor(_) -> false.

difference(X, X) -> same;
difference(X, Y) when is_tuple(X), is_tuple(Y), size(X) =:= size(Y) ->
    difference(tuple_to_list(X), tuple_to_list(Y));
difference([X | Xs], [X | Ys]) -> difference(Xs, Ys);
difference([X | _], [Y | _]) when is_tuple(X); is_list(X) -> difference(X, Y);
difference(X, Y) -> {X, Y}.

%% ---- binary ---------------------------------------------------------------------------

theirs(Flex, Numbers, Dir, F) ->
    Path = filename:join(Dir, F),
    case lists:keyfind(ok, 1, decode(Flex, Path)) of
        {ok, M} ->
            Module = asn1_module(M),
            case catch Module:encode('MegacoMessage', megaco_ber:native({text, Numbers}, M)) of
                {ok, Bin} ->
                    ok = file:write_file(filename:rootname(Path) ++ ".theirs", Bin);
                _ -> ok                 %% binary will say
            end;
        false -> ok
    end.

binary(Flex, Numbers, Dir, F) ->
    Name = filename:rootname(F),
    Path = filename:join(Dir, F),
    Base = filename:rootname(Path),
    {Word, Why} =
        case [M || {ok, M} <- decode(Flex, Path)] of
            [] -> {"unreadable", ""};
            Ms -> binary(Flex, Numbers, Base, hd(Ms), catch [megaco_ber:native({text, Numbers}, M) || M <- Ms])
        end,
    io:format("~s ~s ~s~n", [Word, Name, string:slice(flat(Why), 0, 300)]).

binary(_, _, _, _, {'EXIT', Why}) ->
    {"unencodable", Why};
binary(Flex, Numbers, Base, M, Natives) ->
    Module = asn1_module(M),
    All = [binary_normal(N) || N <- Natives],
    case {file:read_file(Base ++ ".ours"), filelib:is_file(Base ++ ".theirs"),
          file:read_file(Base ++ ".back")} of
        {{error, _}, _, _} -> {"unwritten", ""};
        {_, false, _} -> {"unencodable", catch Module:encode('MegacoMessage', hd(Natives))};
        {_, _, {error, _}} -> {"unread", ""};
        {{ok, Ours}, true, {ok, _}} ->
            case catch Module:decode('MegacoMessage', Ours) of
                {ok, N} ->
                    Got = binary_normal(megaco_ber:native({binary, Numbers}, N)),
                    Back = [binary_normal(megaco_ber:native({text, Numbers}, B)) ||
                               {ok, B} <- decode(Flex, Base ++ ".back")],
                    case {lists:member(Got, All), [B || B <- Back, lists:member(B, All)], Back} of
                        {false, _, _} -> {"differs", difference(hd(All), Got)};
                        {_, [_ | _], _} -> {"same", ""};
                        {_, _, []} -> {"differs", "text of theirs cannot be read"};
                        {_, _, [B | _]} -> {"differs", {back, difference(hd(All), B)}}
                    end;
                Bad -> {"refused", Bad}
            end
    end.

asn1_module({'MegacoMessage', _, Mess}) ->
    list_to_atom("megaco_ber_media_gateway_control_v" ++ integer_to_list(element(2, Mess))).

%% no events: with an id or without; an audit of nothing
binary_normal(T) -> small(no_difference(normal(T))).

%% its scanners write capital letters small, each in other places
small(C) when is_integer(C), C >= $A, C =< $Z -> C + 32;
small([H | T]) -> [small(H) | small(T)];
small(T) when is_tuple(T) -> list_to_tuple([small(E) || E <- tuple_to_list(T)]);
small(T) -> T.

no_difference({'EventsDescriptor', _, []}) -> {'EventsDescriptor', asn1_NOVALUE, []};
no_difference({'SecondEventsDescriptor', _, []}) -> {'SecondEventsDescriptor', asn1_NOVALUE, []};
no_difference({'AuditDescriptor', []}) -> {'AuditDescriptor', asn1_NOVALUE};
no_difference({'AuditDescriptor', [], P}) -> {'AuditDescriptor', asn1_NOVALUE, P};
%% its text decoder drops relations, ranges and lists of the parameters of events
no_difference({'EventParameter', Name, Value, _}) -> {'EventParameter', Name, Value, asn1_NOVALUE};
no_difference(T) when is_tuple(T) -> list_to_tuple([no_difference(E) || E <- tuple_to_list(T)]);
no_difference([H | T]) -> [no_difference(H) | no_difference(T)];
no_difference(T) -> T.

numbers(Dir) ->
    {ok, megaco_ber, Code} = compile:file(filename:join(filename:dirname(escript:script_name()),
                                                        "megaco_ber"), [binary, report]),
    {module, _} = code:load_binary(megaco_ber, "megaco_ber.erl", Code),
    megaco_ber:numbers(filename:join(Dir, "numbers")).
