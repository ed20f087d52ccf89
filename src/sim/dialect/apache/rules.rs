//! The rules of Apache httpd, each with where it is known from.

use crate::sim::dialect::{Rule, RuleId};

rules! {
    CONNECT_FAILED: "connect-failed",
        "Apache answers 503 when no connection to the backend comes about and no other member of the balancer is left",
        "mod_proxy_http.c 2.4, AH01114, HTTP_SERVICE_UNAVAILABLE; recordings: apache tuned refused, unreachable";
    CONNECT_TIMEOUT: "connect-timeout",
        "Apache gives up a connection that does not open in that time, and answers 503 if no other member is left",
        "Documentation of ProxyPass, connectiontimeout; recording: apache tuned blackhole";
    READ_FAILED: "error-reading",
        "Apache answers 502 when the backend hangs up before a status line, or sends none",
        "mod_proxy_http.c 2.4, AH01102 \"error reading status line from remote server\"; recordings: apache tuned read_close, garbage, partial_status_line";
    READ_TIMEOUT: "proxy-timeout",
        "Apache answers 502, not 504, when the backend is silent for that time",
        "mod_proxy_http.c 2.4, AH01102; recordings: apache tuned freeze, slow_over; every byte restarts the clock: drip_headers";
    BAD_HEADER: "bad-header",
        "Apache answers 502 when it cannot read the headers that follow the status line",
        "mod_proxy_http.c 2.4, AH10404, AH01106; recordings: apache tuned header_no_colon, header_nul, partial_headers";
    HEADER_TOO_LONG: "response-field-size",
        "Apache answers 502 when one header line of the answer is longer than that",
        "Documentation of ProxyPass, responsefieldsize (8192); AH10124; recordings: apache tuned header_9k, many_headers (2,000 short ones pass)";
    BAD_LENGTH: "bad-length",
        "Apache answers 502 when the length of the body is no number",
        "http_filters.c 2.4, AH01587; recording: apache tuned cl_nonnumeric";
    TLS_FAILED: "ssl-handshake",
        "Apache answers 500 when the TLS handshake with the backend fails, and asks no other member",
        "mod_proxy.c 2.4, proxy_handler: HTTP_INTERNAL_SERVER_ERROR is no reason to fail over; recordings: apache pool2 tls_plaintext, tls_bad_cert";
    NO_ADDRESS: "dns-lookup-failure",
        "Apache answers 500 when the backend's name does not resolve, and asks no other member",
        "proxy_util.c 2.4, ap_proxy_determine_connection, \"DNS lookup failure for\"; recordings: apache tuned dns_fail, pool2 dns_fail";
    FAILOVER: "failover",
        "Apache asks the next member of the balancer",
        "mod_proxy.c 2.4, proxy_handler: HTTP_SERVICE_UNAVAILABLE is the one reason to fail over, maxattempts all others; recordings: apache pool2 refused, blackhole";
    ALL_IN_ERROR: "all-in-error",
        "every member of the balancer is in the error state, so Apache answers 503 without asking anybody",
        "mod_proxy_balancer.c 2.4, AH01167; recording: apache sequence balancer_noforce_both";
    CUT_SHORT: "cut-short",
        "Apache has sent the status already, so it can only close the client's connection",
        "mod_proxy_http.c 2.4, AH01110 \"error reading response\"; recordings: apache tuned body_truncated_fin, bad_chunk_size, headers_then_stall";
    SILENT: "no-response",
        "Apache closes the client's connection without a byte, so that the client repeats a request that was not its connection's first",
        "mod_proxy_http.c 2.4, ap_proxy_http_process_response: `c->keepalives` and no time-out; recordings: apache tuned keepalive_race_fin_sameconn, keepalive_race_rst_sameconn";
    MAINTENANCE: "rewrite-503",
        "Apache answers 503 without asking a backend",
        "Documentation of mod_rewrite, flag R=503";
    NO_CONNECTION_FREE: "acquire",
        "Apache answers 503 when no connection to the backend becomes free in that time",
        "Documentation of ProxyPass, max and acquire; Inferred for the status: mod_proxy's HTTP_SERVICE_UNAVAILABLE";
    BODY_TOO_LARGE: "limit-request-body",
        "Apache answers 413 and closes the connection when the body of a request is larger than that",
        "Documentation of LimitRequestBody (1073741824 since 2.4.53); http_filters.c 2.4, ap_http_filter, AH01588; mod_proxy_http.c 2.4, ap_proxy_http_prefetch: before a connection is made";
    BAD_TARGET: "invalid-uri-path",
        "Apache answers 400 and closes the connection when an escape in the target of a request is none, or the target leads above the root",
        "request.c 2.4, ap_process_request_internal: ap_normalize_path with AP_NORMALIZE_NOT_ABOVE_ROOT (AH10244), and ap_unescape_url";
}
