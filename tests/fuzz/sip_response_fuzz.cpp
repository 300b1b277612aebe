// links: agent
// A SIP response, whatever came: what is taken has all that a transaction is known by, and nothing
// that acts.
#include "agent/sip_message.hpp"
#include "core/base/text.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto response = decode_response(ByteView(data, size));
    if (!response)
        return 0;
    require(response->status >= 100 && response->status <= 699, "the status is one of SIP's");
    require(is_printable(response->reason), "the reason is printable");
    require(!response->branch.empty() && !response->call_id.empty() && !response->method.empty(),
            "it names its transaction");
    // The same, written plainly, reads the same.
    const std::string plain =
        "SIP/2.0 " + std::to_string(response->status) + " \r\nVia: x;branch=" + response->branch +
        "\r\nCall-ID: " + response->call_id + "\r\nCSeq: 1 " + response->method + "\r\n\r\n";
    const auto again = decode_response(as_bytes(plain));
    if (plain.size() > sip_response_size_max)
        return 0;
    require(again && again->branch == response->branch && again->call_id == response->call_id &&
                again->method == response->method,
            "it reads the same again");
    return 0;
}
