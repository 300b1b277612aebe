// links: tftpd
// Any datagram is refused or is a packet that encodes to a datagram of the same meaning;
// negotiation answers every option list, within its limits.
#include <cstdlib>

#include "tftpd/codec.hpp"
#include "tftpd/negotiation.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void negotiation_keeps_its_limits(const std::vector<Option>& options) {
    const auto agreement = negotiate(options, 1U << 20U, {});
    if (!agreement)
        return;
    require(agreement->blksize >= blksize_least && agreement->blksize <= blksize_of_ethernet);
    require(agreement->windowsize >= 1 && agreement->windowsize <= windowsize_usual);
    require(!agreement->timeout ||
            (agreement->timeout->count() > 0 && *agreement->timeout <= timeout_most));
    require(agreement->acknowledged.size() <= 4);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView datagram(data, size);
    const auto packet = decode_packet(datagram);
    if (!packet)
        return 0;
    const Bytes encoded = encode_packet(*packet);
    const auto again = decode_packet(encoded);
    // An ERROR may gain the NUL that it lacked, and so outgrow the limit.
    if (!again)
        require(std::holds_alternative<ErrorPacket>(*packet) && size == request_size_max);
    else
        require(*again == *packet);
    if (!std::holds_alternative<ErrorPacket>(*packet))
        require(as_text(encoded) == as_text(datagram));
    if (const auto* request = std::get_if<Request>(&*packet))
        negotiation_keeps_its_limits(request->options);
    return 0;
}
