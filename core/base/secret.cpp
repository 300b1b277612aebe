#include "core/base/secret.hpp"

#include <algorithm>

#include <openssl/crypto.h>

#include "core/base/locked_memory.hpp"

namespace plugtone {

Secret::Secret(std::string text) {
    take(text);
    OPENSSL_cleanse(text.data(), text.size());
}

Secret::Secret(const Secret& other) {
    take(other.reveal());
}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other)
        *this = Secret(other);
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        clear();
        text_ = std::exchange(other.text_, nullptr);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

bool Secret::operator==(const Secret& other) const {
    return size_ == other.size_ && (size_ == 0 || CRYPTO_memcmp(text_, other.text_, size_) == 0);
}

void Secret::take(std::string_view text) {
    if (text.empty())
        return;
    text_ = static_cast<char*>(take_locked(text.size()));
    size_ = text.size();
    std::copy(text.begin(), text.end(), text_);
}

void Secret::clear() noexcept {
    if (text_ != nullptr)
        give_back_locked(text_, size_);
    text_ = nullptr;
    size_ = 0;
}

} // namespace plugtone
