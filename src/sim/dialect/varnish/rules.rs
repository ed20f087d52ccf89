//! The rules of Varnish 7.1.1, each with its source.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    FETCH_FAILED: "backend-fetch-failed",
        "Varnish answers 503 for whatever keeps it from fetching; it makes no 502 and no 504",
        "builtin.vcl 7.1.1, vcl_backend_error; recordings: varnish tuned refused, unreachable, accept_close, read_close";
    CONNECT_TIMEOUT: "connect-timeout",
        "Varnish answers 503 when the connection does not open in that time",
        "Documentation of connect_timeout (3.5 s); recordings: varnish tuned blackhole, defaults blackhole";
    FIRST_BYTE: "first-byte-timeout",
        "Varnish answers 503 when no byte of an answer comes in that time",
        "Documentation of first_byte_timeout (60 s); recordings: varnish tuned freeze, defaults freeze; any byte restarts the clock, recording: varnish tuned drip_headers";
    BAD_HEAD: "http-format-error",
        "Varnish answers 503 when it cannot read the head of the answer",
        "bin/varnishd/http1/cache_http1_proto.c 7.1.1; recordings: varnish tuned garbage, http09, bad_status_line, header_nul, header_no_colon, cl_and_te";
    HEAD_TOO_LARGE: "resp-overflow",
        "Varnish answers 503 when the head of the answer has more bytes than that",
        "Documentation of http_resp_size (32k); recording: varnish tuned header_too_large";
    HEAD_LINES: "resp-lines",
        "Varnish answers 503 when the head of the answer has a line of more than 8 KiB, or more than 64 lines",
        "Documentation of http_resp_hdr_len (8k) and http_max_hdr (64); recordings: varnish tuned header_9k, many_headers";
    SECOND_CHANCE: "extra-chance",
        "Varnish opens a new connection and asks again, since the one it had kept was closed in the meantime",
        "bin/varnishd/cache/cache_backend.c 7.1.1, vbe_dir_gethdrs, extrachance; recording: varnish tuned keepalive_race_fin GET";
    BODY_IS_GONE: "no-second-chance",
        "Varnish does not ask again, since the body of the request is sent and not kept",
        "bin/varnishd/cache/cache_backend.c 7.1.1, vbe_dir_gethdrs; recording: varnish tuned keepalive_race_fin POST";
    RETRY: "return-retry",
        "Varnish fetches again by `return (retry)`",
        "Documentation of vcl_backend_error, vcl_backend_response; recordings: varnish retry read_close, own_500";
    RETRY_WITHOUT_BODY: "retry-without-body",
        "Varnish cannot repeat a request whose body is sent already, so a retry ends as 503 from vcl_synth",
        "bin/varnishd/cache/cache_fetch.c 7.1.1, vbf_stp_retry; recordings: varnish retry read_rst POST, own_501 POST";
    NOT_RETRIED: "no-return-retry",
        "Varnish fetches once, since no VCL returns retry",
        "Documentation of builtin.vcl; recording: varnish pool2 refused";
    HELD_DOWN: "error-holddown",
        "Varnish does not dial a backend again for 250 ms after it refused",
        "Documentation of backend_remote_error_holddown; recordings: varnish retry refused, retry-pool2-alldown refused: three tries, one SYN to each";
    CUT_SHORT: "streaming-failed",
        "Varnish streams, so the status is out already and it can only close the client's connection",
        "Documentation of beresp.do_stream; recordings: varnish tuned body_truncated_fin, chunked_truncated";
    BETWEEN_BYTES: "between-bytes-timeout",
        "Varnish gives up an answer that stands still for that time, and closes the client's connection",
        "Documentation of between_bytes_timeout (60 s); recordings: varnish tuned headers_then_stall, defaults headers_then_stall";
    TWO_LENGTHS: "two-lengths",
        "Varnish passes both lengths on; the client waits for the longer one until Varnish closes the idle connection",
        "Documentation of timeout_idle (5 s); recording: varnish tuned conflicting_cl";
    NO_BACKEND: "no-healthy-backend",
        "Varnish answers 503 when the director has no healthy backend",
        "bin/varnishd/cache/cache_director.c 7.1.1; recording: varnish sequence probe_kill1";
    MOST_CONNECTIONS: "max-connections",
        "Varnish answers 503 when the backend has as many connections as it may have",
        "Documentation of .max_connections; sequence max_connections";
    MAINTENANCE: "return-synth",
        "Varnish answers 503 by `return (synth(503))` without asking a backend",
        "Documentation of vcl_recv, vcl_synth; recording: varnish maintenance";
    UNRESOLVED: "not-resolved",
        "Varnish looks names up when it loads its VCL, and does not start with one that has no address",
        "Documentation of the backend's .host; recording: varnish tuned dns_fail";
}
