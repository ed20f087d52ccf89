//! nginx's rules, each with its source.

use crate::sim::dialect::{Rule, RuleId};

pub(super) const CONNECT_FAILED: RuleId = RuleId(0);
pub(super) const CONNECT_TIMEOUT: RuleId = RuleId(1);
pub(super) const READ_TIMEOUT: RuleId = RuleId(2);
pub(super) const NO_VALID_ANSWER: RuleId = RuleId(3);
pub(super) const NEXT: RuleId = RuleId(4);
pub(super) const POST_IS_NOT_REPEATED: RuleId = RuleId(5);
pub(super) const HEADER_TOO_BIG: RuleId = RuleId(6);
pub(super) const NO_LIVE_UPSTREAM: RuleId = RuleId(7);
pub(super) const HTTP09: RuleId = RuleId(8);
pub(super) const CUT_SHORT: RuleId = RuleId(9);
pub(super) const BAD_CHUNK: RuleId = RuleId(10);
pub(super) const MAINTENANCE: RuleId = RuleId(11);
pub(super) const NEXT_STATUS: RuleId = RuleId(12);
pub(super) const NOT_NEXT: RuleId = RuleId(13);
pub(super) const OUT_OF_TIME: RuleId = RuleId(14);
pub(super) const KEPT_CONNECTION_GONE: RuleId = RuleId(15);
pub(super) const LIMIT_REQ: RuleId = RuleId(16);
pub(super) const LIMIT_CONN: RuleId = RuleId(17);
pub(super) const MAX_CONNS: RuleId = RuleId(18);
pub(super) const BODY_TOO_LARGE: RuleId = RuleId(19);
pub(super) const BAD_TARGET: RuleId = RuleId(20);

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "connect-failed",
        text: "nginx answers 502 when a connection to the upstream fails or breaks before an answer",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_next: every error that is no timeout is 502; recording: nginx tuned refused, read_close, read_rst",
    },
    Rule {
        id: "connect-timeout",
        text: "nginx answers 504 when the connection does not open in that time",
        source: "ngx_http_upstream.c 1.22.1, NGX_HTTP_UPSTREAM_FT_TIMEOUT; recording: nginx tuned blackhole",
    },
    Rule {
        id: "read-timeout",
        text: "nginx answers 504 when the head of the answer is not complete in that time",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_process_header: bytes of an incomplete head do not restart the clock; recordings: nginx tuned freeze, drip_headers",
    },
    Rule {
        id: "invalid-header",
        text: "nginx answers 502 when the upstream's header is invalid",
        source: "ngx_http_upstream.c 1.22.1, NGX_HTTP_UPSTREAM_FT_INVALID_HEADER; recordings: nginx tuned header_no_colon, header_nul",
    },
    Rule {
        id: "next-upstream",
        text: "nginx asks the next server after this failure",
        source: "Documentation of ngx_http_proxy_module, proxy_next_upstream, default `error timeout`; recording: nginx pool2 refused",
    },
    Rule {
        id: "non-idempotent",
        text: "nginx would repeat a POST or PATCH that was sent already only with `non_idempotent`",
        source: "Documentation of proxy_next_upstream, parameter non_idempotent; recording: nginx pool2 read_close POST",
    },
    Rule {
        id: "header-too-big",
        text: "nginx answers 502 when the head of the answer is larger than that",
        source: "ngx_http_upstream.c 1.22.1, \"upstream sent too big header\"; recording: nginx tuned header_9k",
    },
    Rule {
        id: "no-live-upstreams",
        text: "every server failed within that time, so nginx answers 502 without asking anybody",
        source: "ngx_http_upstream_round_robin.c 1.22.1, NGX_BUSY; recording: nginx pool2-alldown refused, later requests",
    },
    Rule {
        id: "http09",
        text: "nginx takes an answer without a status line for HTTP/0.9 and passes it on as it came",
        source: "ngx_http_proxy_module.c 1.22.1, ngx_http_proxy_process_status_line; recordings: nginx tuned garbage, http09, bad_status_line",
    },
    Rule {
        id: "cut-short",
        text: "nginx has sent the status already, so it can only close the client's connection",
        source: "Recordings: nginx tuned body_truncated_fin, chunked_truncated, headers_then_stall",
    },
    Rule {
        id: "invalid-chunk",
        text: "nginx closes the client's connection without a byte when a chunk cannot be read before anything was sent on",
        source: "Recording: nginx tuned bad_chunk_size",
    },
    Rule {
        id: "return-503",
        text: "nginx answers 503 by `return 503` without asking an upstream",
        source: "Documentation of ngx_http_rewrite_module, return; recording: nginx maintenance",
    },
    Rule {
        id: "next-upstream-status",
        text: "nginx asks the next server after this status",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_test_next; recording: nginx retry-pool2 own_503",
    },
    Rule {
        id: "not-next",
        text: "nginx asks no other server, since this failure is not named",
        source: "Documentation of proxy_next_upstream, default `error timeout`; recording: nginx pool2 header_no_colon",
    },
    Rule {
        id: "next-upstream-timeout",
        text: "nginx asks no other server after that time",
        source: "Documentation of proxy_next_upstream_timeout; ngx_http_upstream.c 1.22.1, ngx_http_upstream_next",
    },
    Rule {
        id: "kept-connection-gone",
        text: "nginx asks again when a connection that it had kept breaks before an answer; that does not count as a try",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_next: `u->peer.cached` adds a try; recordings: nginx keepalive keepalive_race_fin, keepalive_race_rst",
    },
    Rule {
        id: "limit-req",
        text: "nginx refuses a request that comes too early",
        source: "Documentation of ngx_http_limit_req_module, limit_req_status, default 503; recordings: nginx limit_req_nodelay, limit_req_delay, limit_req_429",
    },
    Rule {
        id: "limit-conn",
        text: "nginx refuses a request of a client that has too many under way",
        source: "Documentation of ngx_http_limit_conn_module, limit_conn_status, default 503; recording: nginx limit_conn_2",
    },
    Rule {
        id: "max-conns",
        text: "every server has as many connections as it may have, so nginx answers 502 without asking anybody",
        source: "ngx_http_upstream_round_robin.c 1.22.1, max_conns and NGX_BUSY",
    },
    Rule {
        id: "client-max-body-size",
        text: "nginx answers 413 and closes the connection when the body of a request is larger than that",
        source: "Documentation of ngx_http_core_module, client_max_body_size, default 1m; ngx_http_core_module.c 1.22.1, ngx_http_core_find_config_phase; ngx_http_special_response.c 1.22.1: no keep-alive after 413",
    },
    Rule {
        id: "invalid-request",
        text: "nginx answers 400 and closes the connection when an escape in the target of a request is none, or the target leads above the root",
        source: "ngx_http_parse.c 1.22.1, ngx_http_parse_complex_uri, NGX_HTTP_PARSE_INVALID_REQUEST; ngx_http_request.c 1.22.1, ngx_http_process_request_uri",
    },
];
