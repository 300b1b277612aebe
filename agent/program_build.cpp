#include "agent/program_build.hpp"

#include <cstring>
#include <string_view>

#include <elf.h>
#include <link.h>

#include "core/base/bytes.hpp"

namespace plugtone {

namespace {

constexpr std::string_view gnu("GNU\0", 4);

constexpr std::size_t aligned(std::size_t size) {
    return (size + 3) / 4 * 4;
}

// Of a segment of notes: header, name and description, each filled up to four bytes.
std::string build_id_in(ByteView notes) {
    while (notes.size() >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) header{};
        std::memcpy(&header, notes.data(), sizeof header);
        const std::size_t name = sizeof header;
        const std::size_t description = name + aligned(header.n_namesz);
        const std::size_t end = description + aligned(header.n_descsz);
        if (end > notes.size())
            return {};
        if (header.n_type == NT_GNU_BUILD_ID &&
            as_text(notes.subspan(name, header.n_namesz)) == gnu)
            return to_hex(notes.subspan(description, header.n_descsz));
        notes = notes.subspan(end);
    }
    return {};
}

// The first object is the program itself.
int look(dl_phdr_info* object, std::size_t /*size*/, void* found) {
    for (int at = 0; at < object->dlpi_phnum; ++at) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[at];
        if (segment.p_type != PT_NOTE)
            continue;
        const auto* begin = // NOLINTNEXTLINE(performance-no-int-to-ptr): the linker's own number
            reinterpret_cast<const std::uint8_t*>(object->dlpi_addr + segment.p_vaddr);
        std::string id = build_id_in(ByteView(begin, segment.p_memsz));
        if (!id.empty())
            *static_cast<std::string*>(found) = std::move(id);
    }
    return 1;
}

} // namespace

std::string program_build() {
    std::string id;
    ::dl_iterate_phdr(&look, &id);
    return id;
}

} // namespace plugtone
