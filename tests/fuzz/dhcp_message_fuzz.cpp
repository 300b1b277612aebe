// links: phone
// A DHCP message that is taken can be written, and comes back the same.
#include <cstdlib>

#include "phone/dhcp_message.hpp"
#include "phone/server_url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plugtone;
    const auto message = decode_dhcp({data, size});
    if (!message)
        return 0;
    const auto again = decode_dhcp(encode_dhcp(*message));
    if (!again || *again != *message)
        std::abort();
    if (const auto server = choose_server(*message)) {
        const auto same = parse_server(server->text());
        if (!same || same->text() != server->text())
            std::abort();
    }
    return 0;
}
