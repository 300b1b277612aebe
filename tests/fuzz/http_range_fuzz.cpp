// links: tftpd
// A Range header against a file of any size: what is served lies within the file.
#include <cstdlib>
#include <cstring>

#include "core/base/bytes.hpp"
#include "tftpd/http_range.hpp"

using namespace plugtone;
using namespace plugtone::tftpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t file_size = 0;
    if (size < sizeof file_size)
        return 0;
    std::memcpy(&file_size, data, sizeof file_size);
    const ByteView rest(data + sizeof file_size, size - sizeof file_size);
    const FilePart part = part_of(as_text(rest), "", file_size, "\"t\"", "date");
    const bool is_whole = part.kind == FilePart::Kind::whole;
    const bool is_part = part.kind == FilePart::Kind::part;
    if (is_whole && (part.offset != 0 || part.size != file_size))
        std::abort();
    if (is_part &&
        (part.size == 0 || part.offset >= file_size || part.size > file_size - part.offset))
        std::abort();
    return 0;
}
