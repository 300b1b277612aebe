// links: phone
// A frame that is taken can be written, and comes back the same.
#include <cstdlib>

#include "phone/frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plugtone;
    const auto frame = decode_udp_frame({data, size}, UdpChecksum::not_computed);
    if (!frame)
        return 0;
    const auto again = decode_udp_frame(encode_udp_frame(*frame), UdpChecksum::computed);
    if (!again || *again != *frame)
        std::abort();
    return 0;
}
