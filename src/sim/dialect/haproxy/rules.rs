//! The rules of HAProxy, each with where it is known from.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    CONNECT_FAILED: "conn-failure",
        "HAProxy answers 503 when no connection to the server comes about and `retries` are used up",
        "http_ana.c 2.6, http_return_srv_error, STRM_ET_CONN_ERR; recordings: haproxy tuned refused, tls_plaintext, unreachable";
    CONNECT_TIMEOUT: "connect-timeout",
        "HAProxy gives up a connection that does not open in that time; once `retries` are used up it answers 503",
        "http_ana.c 2.6, http_return_srv_error, STRM_ET_CONN_TO; recording: haproxy tuned blackhole";
    SERVER_TIMEOUT: "server-timeout",
        "HAProxy answers 504 when the head of the answer is not complete in that time",
        "http_ana.c 2.6, http_wait_for_response, CF_READ_TIMEOUT: bytes of an incomplete head stay in the multiplexer and do not restart the clock; recordings: haproxy tuned freeze, drip_headers";
    EMPTY_RESPONSE: "empty-response",
        "HAProxy answers 502 when the server hangs up before the head of its answer is complete",
        "http_ana.c 2.6, http_wait_for_response, CF_SHUTR; recordings: haproxy tuned read_close, read_rst, partial_headers";
    JUNK_RESPONSE: "junk-response",
        "HAProxy answers 502 when the answer cannot be read",
        "http_ana.c 2.6, http_wait_for_response, HTX_FL_PARSING_ERROR; recordings: haproxy tuned garbage, http09, conflicting_cl, bad_chunk_size";
    RETRY: "retry",
        "HAProxy tries again after this failure",
        "Documentation of `retries` (3) and `retry-on` (conn-failure); backend.c 2.6, back_handle_st_cer; recordings: haproxy tuned refused, retry accept_close";
    RETRY_STATUS: "retry-status",
        "HAProxy tries again after this status",
        "Documentation of `retry-on`; http_ana.c 2.6, l7_status_match; recordings: haproxy retry-pool2 own_502, sequence retry_503";
    NOT_RETRIED: "not-retried",
        "HAProxy does not try again, since this failure is not named",
        "Documentation of `retry-on`, default conn-failure; recording: haproxy redispatch-pool2 read_close";
    NO_SERVER: "no-server",
        "HAProxy answers 503 without asking anybody, since no server is up",
        "backend.c 2.6, SRV_STATUS_NOSRV; recordings: haproxy sequence check_kill1, maintenance_disabled";
    CUT_SHORT: "cut-short",
        "HAProxy has sent the status already, so it can only close the client's connection",
        "Recordings: haproxy tuned body_truncated_fin, chunked_truncated, headers_then_stall";
    SILENT: "silent-close",
        "HAProxy closes the client's connection without a byte, so that the client repeats a request that was not its connection's first",
        "http_ana.c 2.6, http_wait_for_response, abort_keep_alive, TX_NOT_FIRST; recording: haproxy tuned keepalive_race_fin_sameconn";
    MAINTENANCE: "return-503",
        "HAProxy answers 503 without asking a server",
        "Documentation of `http-request return` and of the server keyword `disabled`; recordings: haproxy maintenance, maintenance_disabled";
    HEAD_TOO_LARGE: "head-too-large",
        "HAProxy answers 502 when the head of the answer does not fit into a buffer",
        "Documentation of `tune.bufsize` (16,384) and `tune.maxrewrite` (1,024); recordings: haproxy tuned header_9k, header_20k";
    NO_ADDRESS: "no-address",
        "HAProxy takes a server whose name does not resolve for down",
        "Documentation, chapter 5.3 \"Server IP address resolution using DNS\"; recording: haproxy tuned dns_fail_runtime";
    QUEUE_TIMEOUT: "timeout-queue",
        "HAProxy answers 503 when a request has waited that long for a place at a server",
        "Documentation of `timeout queue`, default `timeout connect`; recordings: haproxy sequence queue_timeout";
    DENIED: "deny",
        "HAProxy refuses a request that comes too early or is one too many",
        "Documentation of `http-request deny deny_status` with a stick table, and of `maxqueue`";
    NO_LENGTH: "no-length",
        "HAProxy writes no length with a status below 200, so the client reads on until HAProxy closes the idle connection",
        "mux_h1.c 2.6, h1_process_output; recording: haproxy tuned status_042";
}
