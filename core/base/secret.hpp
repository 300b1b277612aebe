// Text that must not be seen: it cannot be printed or logged by accident, and is wiped when it
// goes.
#pragma once

#include <string>
#include <string_view>

namespace plugtone {

class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret() { wipe(); }

    // The one way to the text; every use of this word is a place to review.
    std::string_view reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    bool operator==(const Secret&) const = default;

private:
    void wipe() noexcept;

    std::string text_;
};

} // namespace plugtone
