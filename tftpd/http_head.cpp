// The one translation unit that includes Beast (over a gigabyte for the compiler).
#include "tftpd/http_head.hpp"

#include <cstdint>
#include <limits>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace plugtone::tftpd {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;

std::string field_of(const Parser::value_type& head, http::field field) {
    const auto value = head[field];
    return {value.data(), value.size()};
}

HttpRequest::Method method_of(http::verb verb) {
    if (verb == http::verb::get)
        return HttpRequest::Method::get;
    return verb == http::verb::head ? HttpRequest::Method::head : HttpRequest::Method::other;
}

HttpRequest request_of(const Parser& parser, std::size_t size) {
    const auto& head = parser.get();
    HttpRequest request;
    request.method = method_of(head.method());
    const auto method_name = head.method_string();
    request.method_name.assign(method_name.data(), method_name.size());
    const auto target = head.target();
    request.target.assign(target.data(), target.size());
    request.is_http_10 = head.version() == 10;
    request.keeps_alive = head.keep_alive();
    request.has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
    request.if_none_match = field_of(head, http::field::if_none_match);
    request.if_modified_since = field_of(head, http::field::if_modified_since);
    request.if_range = field_of(head, http::field::if_range);
    request.range = field_of(head, http::field::range);
    request.user_agent = field_of(head, http::field::user_agent);
    request.authorization = field_of(head, http::field::authorization);
    request.size = size;
    return request;
}

} // namespace

std::variant<HttpRequest, IncompleteHead, BadHead> parse_http_head(std::string_view bytes) {
    static constexpr std::string_view end_of_head = "\r\n\r\n";
    const std::size_t end = bytes.substr(0, http_head_size_max).find(end_of_head);
    if (end == std::string_view::npos && bytes.size() >= http_head_size_max)
        return BadHead{431, "a head of more than " + std::to_string(http_head_size_max) + " bytes"};
    if (end == std::string_view::npos)
        return IncompleteHead{};
    const std::size_t size = end + end_of_head.size();
    Parser parser;
    parser.eager(false);
    parser.header_limit(http_head_size_max);
    // A body is refused with its request, by its method's status. (No limit at all would be
    // boost::none, but to Boost 1.74 every length is above that.)
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    boost::beast::error_code error;
    parser.put(boost::asio::const_buffer(bytes.data(), size), error);
    if (!error && !parser.is_header_done())
        error = http::make_error_code(http::error::partial_message);
    if (error)
        return BadHead{400, error.message()};
    return request_of(parser, size);
}

} // namespace plugtone::tftpd
