// links: tftpd
// The head of an HTTP request, whatever came: it is taken whole, refused, or more is wanted; it is
// never longer than what came, and one that is taken is taken the same with more bytes behind it.
#include <cstdlib>

#include "core/base/bytes.hpp"
#include "tftpd/http_head.hpp"
#include "tftpd/http_target.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(ByteView(data, size));
    const auto head = parse_http_head(text);
    const auto* request = std::get_if<HttpRequest>(&head);
    if (std::holds_alternative<IncompleteHead>(head) && size >= http_head_size_max)
        std::abort();
    if (request == nullptr)
        return 0;
    if (request->size > size || request->target.size() > request->size)
        std::abort();
    const auto again = parse_http_head(std::string(text) + "GET / HTTP/1.1\r\n\r\n");
    const auto* same = std::get_if<HttpRequest>(&again);
    if (same == nullptr || same->size != request->size || same->target != request->target)
        std::abort();
    if (const auto name = decode_http_target(request->target); name && name->empty())
        std::abort();
    return 0;
}
