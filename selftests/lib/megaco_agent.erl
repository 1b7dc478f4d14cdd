%% SPDX-License-Identifier: GPL-2.0-only
%%
%% Transport, transactions and text codec of Erlang/OTP's megaco, driven by mgc_erlang.py over
%% standard input and output, one line each way, messages in base64:
%%	start TAG ARGUMENTS	in: listen: transport, address, port and codec
%%	ready TAG -		out: it listens, and will not be slow to answer
%%	close TAG -		in: listen no more; answered with "closed", then it may start again
%%	call TAG MESSAGE	in: perform the transaction in MESSAGE
%%	reply TAG MESSAGE	out: its reply, encoded anew from what megaco understood
%%	request TAG MESSAGE	out: a transaction of the gateway
%%	answer TAG MESSAGE	in: the reply to give
%%	error TEXT		out: what megaco objected to
%%	count TAG -		in: how many messages were decoded, rejected, encoded?
%%	count TAG NUMBERS	out: those
%% The codec is pretty, compact, or a file of numbers (h248_numbers.py), with which it speaks binary; that is
%% between it and the gateway and makes no difference here. Records are used as tuples: Debian's package
%% has no header files.
-module(megaco_agent).
-export([main/0, handle_connect/3, handle_disconnect/4, handle_syntax_error/4,
	 handle_message_error/4, handle_trans_request/4, handle_trans_long_request/4,
	 handle_trans_reply/5, handle_trans_ack/5, handle_unexpected_trans/4,
	 handle_trans_request_abort/5, encode_message/3, decode_message/3, decode_mini_message/3]).

-define(CODEC, megaco_pretty_text_encoder).
-define(DECODED, 1).
-define(REJECTED, 2).
-define(ENCODED, 3).
-define(REPEATED, 4).

main() ->
    %% standard output is ours alone
    ok = logger:remove_handler(default),
    ok = logger:add_handler(default, logger_std_h, #{config => #{type => standard_error}}),
    ok = logger:set_primary_config(level, warning),
    process_flag(trap_exit, true),
    Owner = self(),
    spawn_link(fun() -> reader(Owner) end),
    idle().

idle() ->
    receive
	stop ->
	    halt(0);
	{start, _, Arguments} ->
	    case string:tokens(binary_to_list(Arguments), " ") of
		[Transport, Ip, Port, "pretty"] ->
		    run(Transport, Ip, Port, ?CODEC, []);
		[Transport, Ip, Port, "compact"] ->
		    run(Transport, Ip, Port, megaco_compact_text_encoder, []);
		[Transport, Ip, Port, Numbers] ->
		    run(Transport, Ip, Port, megaco_ber, [megaco_ber:numbers(Numbers)])
	    end,
	    idle();
	_Late ->
	    idle()
    end.

run(Transport, Ip, PortText, Codec, Config) ->
    ok = application:start(megaco),
    Port = list_to_integer(PortText),
    {ok, Address} = inet:parse_ipv4_address(Ip),
    Mid = {ip4Address, {'IP4Address', tuple_to_list(Address), Port}},
    Owner = self(),
    ok = megaco:start_user(Mid, [{user_mod, ?MODULE}, {user_args, [Owner]}]),
    Handle0 = megaco:user_info(Mid, receive_handle),
    %% {megaco_receive_handle, LocalMid, EncodingMod, EncodingConfig, SendMod, ...}
    Module = list_to_atom("megaco_" ++ Transport),
    persistent_term:put(count, counters:new(4, [])),
    persistent_term:put(registration, none),
    Handle = setelement(5, setelement(4, setelement(3, Handle0, ?MODULE), [{Codec, Config}]), Module),
    warm(Codec, Config),
    {ok, Sup} = Module:start_transport(),
    case Transport of
	"udp" ->
	    {ok, _, _} = megaco_udp:open(Sup, [{port, Port}, {receive_handle, Handle},
					       {udp_options, [{ip, Address}]}]);
	"tcp" ->
	    ok = megaco_tcp:listen(Sup, [{port, Port}, {receive_handle, Handle},
					 {tcp_options, [{ip, Address}]}])
    end,
    out("ready", "0", "-"),
    loop(Mid, none, #{}),
    exit(Sup, shutdown),
    receive {'EXIT', Sup, _} -> ok end,
    ok = application:stop(megaco),
    out("closed", "0", "-").

%% Erlang loads code when it is called first, which can take longer than the gateway waits for its answer.
warm(Codec, Config) ->
    {ok, All} = application:get_key(megaco, modules),
    ok = code:ensure_modules_loaded(
	   [M || M <- All, re:run(atom_to_list(M), "binary|code|scan|pars|control|compact|pretty|flex") =:= nomatch]),
    Texts = ["MEGACO/" ++ V ++ " [10.0.0.1]:2944 " ++ Body || V <- ["1", "2"], Body <- [
	"Transaction = 1 { Context = - { ServiceChange = ROOT { Services { Method = Restart, "
	"Reason = \"901 Cold Boot\", Version = 2 } } } }",
	"Reply = 1 { Context = - { AuditValue = ROOT } }"]],
    lists:foreach(fun(Text) ->
	{ok, Message} = ?CODEC:decode_message([], list_to_binary(Text)),
	Version = element(2, element(3, Message)),
	{ok, _} = ?CODEC:encode_message([], Version, Message),
	{ok, Octets} = Codec:encode_message(Config, Version, Message),
	{ok, _} = Codec:decode_message(Config, Version, Octets)
    end, Texts).

reader(Owner) ->
    case io:get_line("") of
	eof -> Owner ! stop;
	{error, _} -> Owner ! stop;
	Line ->
	    [What, Tag, Text] = string:tokens(string:trim(Line), " "),
	    Owner ! {list_to_atom(What), Tag, base64:decode(Text)},
	    reader(Owner)
    end.

loop(Mid, Conn, Waiting) ->
    receive
	stop ->
	    halt(0);
	{close, _, _} ->
	    ok;
	{'EXIT', _, normal} ->
	    loop(Mid, Conn, Waiting);
	{'EXIT', _, Reason} ->
	    complain(Reason),
	    loop(Mid, Conn, Waiting);
	{connected, New} ->
	    loop(Mid, New, Waiting);
	{call, Tag, Text} ->
	    [{transactionRequest, {'TransactionRequest', _, Actions}}] = decode(Text),
	    spawn_link(fun() -> call(Mid, Conn, Tag, Actions) end),
	    loop(Mid, Conn, Waiting);
	{request, From, Version, Actions} ->
	    Tag = integer_to_list(erlang:unique_integer([positive])),
	    out("request", Tag, encode(Mid, Version,
		{transactionRequest, {'TransactionRequest', list_to_integer(Tag), Actions}})),
	    loop(Mid, Conn, Waiting#{Tag => From});
	{answer, Tag, Text} ->
	    Waiter = maps:get(Tag, Waiting),
	    Waiter ! {answer, Text},
	    %% what is called next has to be encoded in the version agreed on
	    receive {settled, Waiter} -> ok end,
	    loop(Mid, Conn, maps:remove(Tag, Waiting));
	{count, Tag, _} ->
	    Numbers = [counters:get(persistent_term:get(count), N) || N <- [?DECODED, ?REJECTED, ?ENCODED]],
	    out("count", Tag, lists:join(" ", [integer_to_list(N) || N <- Numbers])),
	    loop(Mid, Conn, Waiting);
	{complaint, What} ->
	    complain(What),
	    loop(Mid, Conn, Waiting)
    end.

%% ---- the codec on the wire, which counts ------------------------------------------------

encode_message([{Codec, Config}], Version, Message) ->
    count(?ENCODED),
    Codec:encode_message(Config, Version, Message).

decode_message([{Codec, Config}], Version, Octets) ->
    case catch Codec:decode_message(Config, Version, Octets) of
	{ok, Message} ->
	    count(?DECODED),
	    registration(Octets),
	    {ok, Message};
	Bad ->
	    count(?REJECTED),
	    complain({rejected, Bad, Octets}),
	    case Bad of
		{error, _} -> Bad;
		_ -> {error, Bad}
	    end
    end.

decode_mini_message([{Codec, Config}], Version, Octets) ->
    Codec:decode_mini_message(Config, Version, Octets).

%% The first message registers the gateway. That one may come again, if it was answered late.
registration(Octets) ->
    case persistent_term:get(registration) of
	none -> persistent_term:put(registration, Octets);
	Octets -> count(?REPEATED);
	_ -> ok
    end.

count(What) ->
    counters:add(persistent_term:get(count), What, 1).

%% Takes one of those that were counted; there may be none.
uncount(What) ->
    Count = persistent_term:get(count),
    counters:get(Count, What) > 0 andalso counters:sub(Count, What, 1) =:= ok.

%% ---- and what is done with it ------------------------------------------------------------

call(Mid, Conn, Tag, Actions) ->
    case megaco:call(Conn, Actions, []) of
	{Version, {ok, Replies}} ->
	    out("reply", Tag, encode(Mid, Version, reply({actionReplies, Replies})));
	{Version, {error, {'ErrorDescriptor', _, _} = Error}} ->
	    out("reply", Tag, encode(Mid, Version, reply({transactionError, Error})));
	{_, Other} ->
	    complain(Other)
    end.

complain(What) ->
    io:format("error ~s~n", [base64:encode(lists:flatten(io_lib:format("~p", [What])))]).

reply(Result) ->
    {transactionReply, {'TransactionReply', 1, asn1_NOVALUE, Result}}.

out(What, Tag, Text) ->
    io:format("~s ~s ~s~n", [What, Tag, base64:encode(iolist_to_binary(Text))]).

decode(Text) ->
    {ok, {'MegacoMessage', _, {'Message', _, _, {transactions, Transactions}}}} =
	?CODEC:decode_message([], Text),
    Transactions.

encode(Mid, Version, Transaction) ->
    {ok, Text} = ?CODEC:encode_message([], {'MegacoMessage', asn1_NOVALUE,
					    {'Message', Version, Mid, {transactions, [Transaction]}}}),
    Text.

handle_connect(Conn, _Version, Owner) ->
    Owner ! {connected, Conn},
    ok.

handle_disconnect(_Conn, _Version, _Reason, _Owner) ->
    ok.

%% A registration is of version 1; megaco has no place for one that comes again after another version
%% was agreed on. Any other message of version 1 is the gateway's fault.
handle_syntax_error(_Handle, _Version, {'ErrorDescriptor', 406, "Not negotiated version: 1" ++ _} = Error,
		    Owner) ->
    case uncount(?REPEATED) of
	true ->
	    no_reply;
	false ->
	    Owner ! {complaint, {syntax, Error}},
	    reply
    end;
handle_syntax_error(_Handle, _Version, Error, Owner) ->
    Owner ! {complaint, {syntax, Error}},
    reply.

handle_message_error(_Conn, _Version, Error, Owner) ->
    Owner ! {complaint, {message, Error}},
    no_reply.

handle_trans_request(Conn, Version, Actions, Owner) ->
    Owner ! {request, self(), Version, Actions},
    receive
	{answer, Text} ->
	    [{transactionReply, Reply}] = decode(Text),
	    {actionReplies, Replies} = element(4, Reply),
	    %% a registration comes as version 1 and agrees on what follows
	    case re:run(Text, "Version = ([0-9]+)", [{capture, [1], list}]) of
		{match, [Agreed]} ->
		    megaco:update_conn_info(Conn, protocol_version, list_to_integer(Agreed));
		nomatch ->
		    ok
	    end,
	    Owner ! {settled, self()},
	    {discard_ack, Replies}
    end.

handle_trans_long_request(_Conn, _Version, _Data, _Owner) ->
    {discard_ack, {'ErrorDescriptor', 501, "not implemented"}}.

handle_trans_reply(_Conn, _Version, _Reply, _Data, _Owner) ->
    ok.

handle_trans_ack(_Conn, _Version, _Status, _Data, _Owner) ->
    ok.

handle_unexpected_trans(_Conn, _Version, Transaction, Owner) ->
    Owner ! {complaint, {unexpected, Transaction}},
    ok.

handle_trans_request_abort(_Conn, _Version, _Id, _Pid, _Owner) ->
    ok.
