// links: tftpd
// Any target is refused or becomes a name that no file system would take for a way out, and that
// encodes to a target with the same name.
#include <cstdlib>

#include "core/base/bytes.hpp"
#include "core/names/request_name.hpp"
#include "tftpd/http_target.hpp"

using namespace plugtone;

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto name = tftpd::decode_http_target(as_text(ByteView(data, size)));
    if (!name)
        return 0;
    require(!name->empty() && name->front() != '/' && name->back() != '/');
    require(("/" + *name + "/").find("/../") == std::string::npos);
    require(name->find('\0') == std::string::npos && name->find('\\') == std::string::npos);
    require(normalise_request_name(*name).value() == *name);
    const std::string target = tftpd::encode_http_target(*name);
    if (target.size() <= tftpd::http_target_size_max)
        require(tftpd::decode_http_target(target).value() == *name);
    return 0;
}
