// The head of an HTTP request: its line and fields (RFC 9112 sections 2 to 6), read by Beast. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace plugtone::tftpd {

inline constexpr std::size_t http_head_size_max = 8192;

struct HttpRequest {
    enum class Method { get, head, other };

    Method method = Method::other;
    std::string method_name;
    std::string target;
    bool is_http_10 = false;
    bool keeps_alive = false;
    bool has_body = false; // which nobody here takes
    // Fields; empty if they are not there.
    std::string if_none_match;
    std::string if_modified_since;
    std::string if_range;
    std::string range;
    std::string user_agent;
    std::string authorization;

    std::size_t size = 0; // of the head, in bytes
};

struct IncompleteHead {};
struct BadHead {
    unsigned status = 400; // to answer with
    std::string reason;    // for the log
};

// What the bytes begin with.
std::variant<HttpRequest, IncompleteHead, BadHead> parse_http_head(std::string_view bytes);

} // namespace plugtone::tftpd
