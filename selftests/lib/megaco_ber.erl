%% SPDX-License-Identifier: GPL-2.0-only
%%
%% H.248 in binary with Erlang/OTP's megaco: its ASN.1 codecs, and between them and the records of its
%% text codec the names and values, which megaco itself knows for a few packages only and not by
%% their types. An encoding module of megaco ([Numbers] is its configuration); compiled by the
%% escripts that use it.
-module(megaco_ber).
-export([numbers/1, native/2, text/2, encode_message/3, decode_message/3, decode_mini_message/3]).

%% ---- encoding module -------------------------------------------------------------------

encode_message([N], Version, M) ->
    (asn1(Version)):encode('MegacoMessage', native({text, N}, M)).

decode_message([N], _, Bin) ->
    case decode(Bin) of
        {ok, M} -> {ok, text(N, M)};
        Bad -> Bad
    end.

decode_mini_message(Config, _, Bin) -> decode_message(Config, dynamic, Bin).

%% the modules differ in what follows an extension marker only, so any of them reads the version
decode(Bin) ->
    case (asn1(3)):decode('MegacoMessage', Bin) of
        {ok, {_, _, Message}} -> (asn1(element(2, Message))):decode('MegacoMessage', Bin);
        Bad -> Bad
    end.

asn1(Version) ->
    list_to_atom("megaco_ber_media_gateway_control_v" ++ integer_to_list(Version)).

%% ---- numbers of names ---------------------------------------------------------------------

%% the file that codec_ber writes, or one like it
numbers(File) ->
    {ok, Terms} = file:consult(File),
    lists:foldl(fun number/2, #{}, Terms).

%% interfaces of the realms: TerminationIDs are ip/GROUP/INTERFACE/NUMBER
number({realms, Names}, M) -> M#{realms => Names};

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
        Text -> tid(N, Text)
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

%% ---- TerminationIDs by the scheme of kmgwd: group (2), realm from 1 (2), number (4) --------

tid(#{realms := Realms}, Text) ->
    ["ip" | Parts] = string:split(Text, "/", all),
    {Wild, Id} = levels(Realms, [{63, 16}, {47, 16}, {31, 32}], Parts),
    {'TerminationID', Wild, binary_to_list(Id)};
tid(N, Text) -> maps:get({tid, Text}, N).

levels(_, [], []) -> {[], <<>>};
levels(_, [{Top, Bits} | Rest], [W]) when W =:= "*"; W =:= "$" ->
    Below = lists:sum([B || {_, B} <- Rest]),
    {[[wildcard(W) bor (case Rest of [] -> 0; _ -> 64 end) bor Top]], <<0:(Bits + Below)>>};
levels(Realms, [{Top, Bits} | Rest], [Part | Parts]) ->
    {Wild, Id} = levels(Realms, Rest, Parts),
    case Part of
        W when W =:= "*"; W =:= "$" -> {[[wildcard(W) bor Top] | Wild], <<0:Bits, Id/binary>>};
        _ when Top =:= 47 -> {Wild, <<(place(Part, Realms)):Bits, Id/binary>>};
        _ -> {Wild, <<(list_to_integer(Part)):Bits, Id/binary>>}
    end.

wildcard("*") -> 128;
wildcard("$") -> 0.

place(Name, [Name | _]) -> 1;
place(Name, [_ | T]) -> 1 + place(Name, T).

tid_text(_, {'TerminationID', [], [255, 255, 255, 255, 255, 255, 255, 255]}) -> ["root"];
tid_text(_, {'TerminationID', [[255]], _}) -> ["*"];
tid_text(_, {'TerminationID', [[127]], _}) -> ["$"];
tid_text(#{realms := Realms}, {'TerminationID', Wild, Octets}) ->
    <<Group:16, Realm:16, Number:32>> = list_to_binary(Octets),
    ["ip" | parts(Wild, [{63, integer_to_list(Group)}, {47, catch lists:nth(Realm, Realms)},
                         {31, integer_to_list(Number)}])].

parts(_, []) -> [];
parts(Wild, [{Top, Name} | Rest]) ->
    case [W || [W] <- Wild, W band 63 =:= Top] of
        [] -> [Name | parts(Wild, Rest)];
        [W] when W band 64 =/= 0 -> [sign(W)];
        [W] -> [sign(W) | parts(Wild, Rest)]
    end.

sign(W) when W band 128 =/= 0 -> "*";
sign(_) -> "$".

%% ---- and back: records of ASN.1 as those of the text codec ------------------------------------

text(N, {'PropertyParm', [0, 0, 16#b0, L], [[_ | _] = Wrapped], Extra}) ->
    {'PropertyParm', [lists:nth(L, "vosiuepcbzkatrm")], [unwrapped(N, {string, []}, Wrapped)], Extra};
text(N, {'PropertyParm', Id, Values, Extra}) ->
    {Name, Type} = name_of(N, property, Id),
    {'PropertyParm', Name, text_values(N, Type, Values), Extra};
text(N, {'StatisticsParameter', Id, Values}) ->
    {Name, Type} = name_of(N, statistic, Id),
    {'StatisticsParameter', Name, text_values(N, Type, Values)};
text(N, T) when is_tuple(T), size(T) > 2,
                (element(1, T) =:= 'RequestedEvent' orelse
                 element(1, T) =:= 'SecondRequestedEvent' orelse
                 element(1, T) =:= 'EventSpec' orelse element(1, T) =:= 'ObservedEvent') ->
    text_named(N, event, T);
text(N, T) when is_tuple(T), element(1, T) =:= 'Signal' -> text_named(N, signal, T);
text(N, {Record, Id, Version}) when Record =:= 'PackagesItem';
                                    Record =:= 'IndAudPackagesDescriptor' ->
    {Record, maps:get({package_of, Id}, N), Version};
text(N, {'TerminationID', Wild, _} = Tid) ->
    {megaco_term_id, Wild =/= [], tid_text(N, Tid)};
text(_, {'ServiceChangeProfile', Profile}) ->
    [Name, Version] = string:split(Profile, "/", trailing),
    {'ServiceChangeProfile', Name, list_to_integer(Version)};
text(N, T) when is_tuple(T), element(1, T) =:= 'ServiceChangeParm' ->
    Rest = list_to_tuple([text(N, E) || E <- tuple_to_list(T)]),
    setelement(6, Rest, [unwrapped(N, {string, []}, R) || R <- element(6, T)]);
text(N, T) when is_tuple(T) -> list_to_tuple([text(N, E) || E <- tuple_to_list(T)]);
text(N, [H | T]) -> [text(N, H) | text(N, T)];
text(_, T) -> T.

text_named(N, Scope, T) ->
    {Name, _} = name_of(N, Scope, element(2, T)),
    setelement(2, list_to_tuple([text_parameters(N, Scope, Name, E) || E <- tuple_to_list(T)]), Name).

text_parameters(N, Scope, Parent, [P | T]) when element(1, P) =:= 'EventParameter';
                                                element(1, P) =:= 'SigParameter' ->
    {Record, Id, Values, Extra} = P,
    {Name, Type} = maps:get({Scope, Parent, Id}, N),
    [{Record, Name, text_values(N, Type, Values), Extra} | text_parameters(N, Scope, Parent, T)];
text_parameters(N, _, _, E) -> text(N, E).

name_of(N, Scope, Id) -> maps:get({Scope, Id}, N).

text_values(_, _, asn1_NOVALUE) -> asn1_NOVALUE;
text_values(_, _, []) -> ["$"];
text_values(N, Type, Values) -> [unwrapped(N, Type, V) || V <- Values].

unwrapped(_, {enum, Values}, [10, 1, Number]) ->
    {Name, _} = lists:keyfind(Number, 2, Values),
    Name;
unwrapped(N, {name, _}, [4, 4 | Id]) -> element(1, name_of(N, signal, Id));
unwrapped(_, {octets, _}, [4, _ | V]) -> binary_to_list(binary:encode_hex(list_to_binary(V)));
unwrapped(_, _, [Tag, L | V]) when (Tag =:= 12 orelse Tag =:= 22), L < 128 -> V;
unwrapped(_, _, [Tag, 129, _ | V]) when Tag =:= 12; Tag =:= 22 -> V;
unwrapped(_, _, V) -> unwrap(V).
