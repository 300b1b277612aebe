// Text that must not be seen: it cannot be printed or logged by accident, lies in locked memory
// (locked_memory.hpp), and is wiped when it goes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace plugtone {

class Secret {
public:
    Secret() = default;
    // The text that is given is wiped.
    explicit Secret(std::string text);
    Secret(const Secret& other);
    Secret(Secret&& other) noexcept
        : text_(std::exchange(other.text_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { clear(); }

    // The one way to the text; every use of this word is a place to review.
    std::string_view reveal() const { return {text_, size_}; }
    bool empty() const { return size_ == 0; }
    // Takes the same time wherever two of one size differ.
    bool operator==(const Secret& other) const;

private:
    void take(std::string_view text);
    void clear() noexcept;

    char* text_ = nullptr; // locked memory of size_ bytes, or nothing
    std::size_t size_ = 0;
};

} // namespace plugtone
