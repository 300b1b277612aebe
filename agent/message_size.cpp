#include "agent/message_size.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace plugtone {

namespace {

// What a number takes at most, and what a container costs its reader.
constexpr std::size_t number_size = 8;

bool is_container(char type) {
    return std::string_view("arev").find(type) != std::string_view::npos;
}

bool is_text(char type) {
    return std::string_view("sog").find(type) != std::string_view::npos;
}

// The next value that is no container; nothing if it cannot be read.
std::optional<std::size_t> take_value(sd_bus_message* message, char type) {
    if (is_text(type)) {
        const char* text = nullptr;
        if (sd_bus_message_read_basic(message, type, static_cast<void*>(&text)) < 0)
            return std::nullopt;
        return std::strlen(text) + 1;
    }
    std::array<std::uint64_t, 1> number{};
    if (sd_bus_message_read_basic(message, type, number.data()) < 0)
        return std::nullopt;
    return number_size;
}

// An array of bytes in one go; any other container is entered.
std::optional<std::size_t> take_container(sd_bus_message* message, char type, const char* contents,
                                          std::size_t& depth) {
    if (type == 'a' && std::string_view(contents) == "y") {
        const void* bytes = nullptr;
        std::size_t size = 0;
        if (sd_bus_message_read_array(message, 'y', &bytes, &size) < 0)
            return std::nullopt;
        return size;
    }
    if (sd_bus_message_enter_container(message, type, contents) < 0)
        return std::nullopt;
    ++depth;
    return number_size;
}

std::optional<std::size_t> add_up(sd_bus_message* message, std::size_t size_max) {
    std::size_t total = 0;
    std::size_t depth = 0;
    for (;;) {
        char type = 0;
        const char* contents = nullptr;
        const int more = sd_bus_message_peek_type(message, &type, &contents);
        if (more < 0)
            return std::nullopt;
        if (more == 0) {
            if (depth == 0)
                return total;
            if (sd_bus_message_exit_container(message) < 0)
                return std::nullopt;
            --depth;
            continue;
        }
        const auto size = is_container(type) ? take_container(message, type, contents, depth)
                                             : take_value(message, type);
        if (!size)
            return std::nullopt;
        total += *size;
        if (total > size_max)
            return std::nullopt;
    }
}

} // namespace

std::optional<std::size_t> message_size(sd_bus_message* message, std::size_t size_max) {
    sd_bus_message_rewind(message, 1);
    const auto size = add_up(message, size_max);
    sd_bus_message_rewind(message, 1);
    return size;
}

} // namespace plugtone
