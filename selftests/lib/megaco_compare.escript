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
            case catch Module:encode('MegacoMessage', native({text, Numbers}, M)) of
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
            Ms -> binary(Flex, Numbers, Base, hd(Ms), catch [native({text, Numbers}, M) || M <- Ms])
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
                    Got = binary_normal(native({binary, Numbers}, N)),
                    Back = [binary_normal(native({text, Numbers}, B)) ||
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
    {ok, Terms} = file:consult(filename:join(Dir, "numbers")),
    lists:foldl(fun number/2, #{}, Terms).

number({tid, Text, Wildcard, Id}, M) ->
    M#{{tid, Text} => {'TerminationID', Wildcard, Id}};
number({package, _, _, Name, Id, _, _, _}, M) ->
    M#{{package, Name} => two(Id), {package_of, two(Id)} => Name};
number({item, Scope, Package, Name, P, Id, Type, Values}, M) ->
    M#{{Scope, Package ++ "/" ++ Name} => {two(P) ++ two(Id), {Type, Values}},
       {Scope, two(P) ++ two(Id)} => {Package ++ "/" ++ Name, {Type, Values}}};
number({param, Scope, Parent, Name, _, Id, Type, Values}, M) ->
    M#{{Scope, Parent, Name} => {two(Id), {Type, Values}},
       {Scope, Parent, two(Id)} => {Name, {Type, Values}}}.

two(N) -> [N bsr 8, N band 255].

%% Records of the text codec as those of ASN.1: names as numbers, values as BER of their types. What
%% has no type in the table stays text; in binary of ours it is made text again.
native(S, {'PropertyParm', [_] = Letter, [Line], Extra}) when element(1, S) =:= text ->
    %% it keeps the backslash of an escaped brace
    Text = lists:flatten(string:replace(Line, "\\}", "}", all)),
    Tag = case lists:max([0 | Text]) of C when C < 128 -> 22; _ -> 12 end,
    {'PropertyParm', [0, 0 | sdp(Letter)], [wrap(Tag, Text)], Extra};
native(S, {'PropertyParm', Name, Values, Extra}) ->
    parameter(S, 'PropertyParm', Name, item(S, property, Name), Values, Extra);
native(S, {'StatisticsParameter', Name, Values}) ->
    {Id, Type} = item(S, statistic, Name),
    {'StatisticsParameter', Id, values(S, Type, Values)};
native(S, T) when is_tuple(T), size(T) > 2,
                  (element(1, T) =:= 'RequestedEvent' orelse
                   element(1, T) =:= 'SecondRequestedEvent' orelse
                   element(1, T) =:= 'EventSpec' orelse element(1, T) =:= 'ObservedEvent') ->
    named(S, event, T);
native(S, T) when is_tuple(T), element(1, T) =:= 'Signal' -> named(S, signal, T);
native(S, T) when is_tuple(T), element(1, T) =:= 'IndAudPropertyParm' ->
    setelement(2, rest(S, T), id(S, property, element(2, T)));
native(S, {'IndAudEventsDescriptor', R, Name, Stream}) ->
    {'IndAudEventsDescriptor', R, id(S, event, Name), Stream};
native(S, {'IndAudEventBufferDescriptor', Name, Stream}) ->
    {'IndAudEventBufferDescriptor', id(S, event, Name), Stream};
native(S, T) when is_tuple(T), element(1, T) =:= 'IndAudSignal' ->
    setelement(2, T, id(S, signal, element(2, T)));
native(S, {'IndAudStatisticsDescriptor', Name}) ->
    {'IndAudStatisticsDescriptor', id(S, statistic, Name)};
native({text, N}, {Record, Name, Version}) when Record =:= 'PackagesItem';
                                                Record =:= 'IndAudPackagesDescriptor' ->
    {Record, maps:get({package, string:lowercase(Name)}, N), Version};
native({text, N}, {megaco_term_id, _, Parts}) ->
    case string:lowercase(lists:flatten(lists:join("/", [part(P) || P <- Parts]))) of
        "root" -> {'TerminationID', [], lists:duplicate(8, 255)};
        "*" -> {'TerminationID', [[255]], lists:duplicate(8, 0)};
        "$" -> {'TerminationID', [[127]], lists:duplicate(8, 0)};
        Text -> maps:get({tid, Text}, N)
    end;
native({text, _}, {'ServiceChangeProfile', Name, Version}) ->
    {'ServiceChangeProfile', Name ++ "/" ++ integer_to_list(Version)};
native({text, _}, {mtpAddress, Digits}) -> {mtpAddress, binary_to_list(binary:decode_hex(
                                                            list_to_binary(Digits)))};
native({text, _} = S, T) when is_tuple(T), element(1, T) =:= 'ServiceChangeParm' ->
    setelement(6, rest(S, T), [wrap(22, R) || R <- element(6, T)]);
native({text, N}, {digitMapName, Name}) -> {digitMapName, map(N, Name)};
native({text, N}, T) when is_tuple(T), is_list(element(2, T)),
                          (element(1, T) =:= 'DigitMapDescriptor' orelse
                           element(1, T) =:= 'IndAudDigitMapDescriptor') ->
    setelement(2, T, map(N, element(2, T)));
native(S, T) when is_tuple(T) -> rest(S, T);
native(S, [H | T]) -> [native(S, H) | native(S, T)];
native(_, T) -> T.

%% no table has digit maps: our side made a number of the name
map(N, Name) -> maps:get({package, "digitmap " ++ string:lowercase(Name)}, N).

rest(S, T) -> list_to_tuple([native(S, E) || E <- tuple_to_list(T)]).

part(Chars) ->
    [case C of all -> $*; choose -> $$; _ -> C end || C <- Chars].

%% element 2 is the name, and the parameters are somewhere
named(S, Scope, T) ->
    {Id, _} = item(S, Scope, element(2, T)),
    Name = case S of {text, _} -> string:lowercase(element(2, T)); _ -> text_name(S, Scope, Id) end,
    setelement(2, list_to_tuple([parameters(S, Scope, Name, E) || E <- tuple_to_list(T)]), Id).

parameters(S, Scope, Parent, [P | T]) when element(1, P) =:= 'EventParameter';
                                           element(1, P) =:= 'SigParameter' ->
    {Record, Name, Values, Extra} = P,
    Key = case S of {text, _} -> string:lowercase(Name); _ -> Name end,
    Found = case maps:get({Scope, Parent, Key}, element(2, S)) of
                {Other, Type} when element(1, S) =:= text -> {Other, Type};
                {_, Type} -> {Name, Type}
            end,
    [parameter(S, Record, Name, Found, Values, Extra) | parameters(S, Scope, Parent, T)];
parameters(S, _, _, E) -> native(S, E).

parameter(S, Record, _, {Id, Type}, Values, Extra) ->
    {Record, Id, values(S, Type, Values), Extra}.

id(S, Scope, Name) -> element(1, item(S, Scope, Name)).

item({text, _}, property, [Letter]) -> {[0, 0 | sdp([Letter])], {string, []}};
item({text, N}, Scope, Name) -> wild_item(N, Scope, string:lowercase(Name));
item({binary, _}, _, [0, 0 | _] = Id) -> {Id, {string, []}};
item({binary, N}, Scope, Id) ->
    case N of
        #{{Scope, Id} := {_, Type}} -> {Id, Type};
        #{} -> {Id, {unknown, []}}      %% a wildcard
    end.

wild_item(_, _, "*/*") -> {[255, 255, 255, 255], {unknown, []}};
wild_item(N, Scope, Name) ->
    case N of
        #{{Scope, Name} := Found} -> Found;
        #{} ->
            [Package, "*"] = string:split(Name, "/"),
            {maps:get({package, Package}, N) ++ [255, 255], {unknown, []}}
    end.

text_name({binary, N}, Scope, Id) ->
    case N of
        #{{Scope, Id} := {Name, _}} -> Name;
        #{} -> ""
    end.

sdp(Letter) ->
    N = string:str("vosiuepcbzkatrm", Letter),
    true = N > 0,
    two(16#b000 + N).

values(_, _, asn1_NOVALUE) -> asn1_NOVALUE;
values(S, Type, Values) ->
    %% it does not tell "$" in quotes from CHOOSE
    case [value(S, Type, V) || V <- Values] of
        ["$"] -> [];
        Other -> Other
    end.

value({text, _}, _, [C] = V) when C =:= $*; C =:= $$ -> V;
value({text, N}, Type, V) -> encode_value(N, Type, V);
value({binary, _}, {unknown, _}, V) -> unwrap(V);
value({binary, _}, _, V) -> V.

encode_value(_, {unknown, _}, V) -> V;
encode_value(_, {boolean, _}, V) ->
    wrap(1, [case string:lowercase(V) of "on" -> 255; "true" -> 255; _ -> 0 end]);
encode_value(_, {integer, _}, V) -> wrap(2, octets(list_to_integer(V)));
encode_value(_, {string, _}, V) -> wrap(12, V);
encode_value(_, {octets, _}, V) ->
    case catch binary:decode_hex(list_to_binary(V)) of
                B when is_binary(B) -> wrap(4, binary_to_list(B));
                _ -> wrap(12, V)
            end;
encode_value(_, {enum, Values}, V) ->
    [Number] = [N || {Name, N} <- Values, string:lowercase(Name) =:= string:lowercase(V)],
    wrap(10, octets(Number));
encode_value(N, {name, _}, V) ->
    wrap(4, element(1, maps:get({signal, string:lowercase(V)}, N))).

%% the fewest octets of two's complement
octets(N) -> octets(N, 1).
octets(N, Size) when N >= -(1 bsl (8 * Size - 1)), N < 1 bsl (8 * Size - 1) ->
    binary_to_list(<<N:Size/signed-unit:8>>);
octets(N, Size) -> octets(N, Size + 1).

wrap(Tag, V) when length(V) < 128 -> [Tag, length(V) | V];
wrap(Tag, V) when length(V) < 256 -> [Tag, 129, length(V) | V];
wrap(Tag, V) -> [Tag, 130, length(V) bsr 8, length(V) band 255 | V].

unwrap([1, 1, 0]) -> "off";
unwrap([1, 1, _]) -> "on";
unwrap([2, _ | V]) ->
    Size = length(V),
    <<N:Size/signed-unit:8>> = list_to_binary(V),
    integer_to_list(N);
unwrap([12, L | V]) when L < 128 -> V;
unwrap([12, 129, _ | V]) -> V;
unwrap(V) -> V.
