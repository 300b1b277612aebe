// Which part of a file a request asks for: Range (RFC 9110 section 14) and If-Range (13.1.5). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace plugtone::tftpd {

struct FilePart {
    enum class Kind {
        whole,         // no part was asked for, or in a way that is to be ignored
        part,          // offset and size, at least one byte
        unsatisfiable, // nothing of the file lies there (416)
    };
    Kind kind = Kind::whole;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool operator==(const FilePart&) const = default;
};

// One range of bytes; several at once are answered with the whole, as RFC 9110 allows. if_range:
// empty, or what the client has; the range counts only if that is what there is.
FilePart part_of(std::string_view range, std::string_view if_range, std::uint64_t file_size,
                 std::string_view entity_tag, std::string_view last_modified);

} // namespace plugtone::tftpd
