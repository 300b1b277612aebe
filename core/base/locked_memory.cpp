#include "core/base/locked_memory.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <new> // lint-allow(naked-new): bad_alloc

#include <openssl/crypto.h>
#include <sys/mman.h>

namespace plugtone {

namespace {

// Pieces are powers of two from the smallest to the largest that is cut from a shared block; what
// is larger has pages of its own.
constexpr std::size_t smallest = 32;
constexpr std::size_t largest = 4096;
constexpr std::size_t block_size = 16384; // 64 KiB may be all that a process is allowed to lock
constexpr std::size_t size_count = std::countr_zero(largest) - std::countr_zero(smallest) + 1;

std::atomic<bool> refused{false};

std::size_t rounded(std::size_t size) {
    return std::bit_ceil(size < smallest ? smallest : size);
}

std::byte* map_pages(std::size_t size) {
    void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        throw std::bad_alloc();
    // Not mlock, which the sanitizers make a call that does nothing.
    if (::mlock2(pages, size, 0) != 0)
        refused.store(true, std::memory_order_relaxed);
    ::madvise(pages, size, MADV_DONTDUMP);
    return static_cast<std::byte*>(pages);
}

// Held for a few instructions, and once in a block for a system call.
class Spinning {
public:
    explicit Spinning(std::atomic_flag& flag) : flag_(flag) {
        while (flag_.test_and_set(std::memory_order_acquire)) {
        }
    }
    Spinning(const Spinning&) = delete;
    Spinning& operator=(const Spinning&) = delete;
    ~Spinning() { flag_.clear(std::memory_order_release); }

private:
    std::atomic_flag& flag_;
};

// Blocks are never given back to the system: what once held secrets is locked memory for the next.
// Free pieces of one size are a list, each with the address of the next in its first bytes. No
// destructor: a secret of static life may outlive everything else.
class Arena {
public:
    std::byte* take(std::size_t size) {
        const Spinning alone(busy_);
        std::byte*& list = free_[index_of(size)];
        if (list == nullptr)
            cut(size, list);
        std::byte* const piece = list;
        std::memcpy(&list, piece, sizeof list);
        return piece;
    }

    void give_back(std::byte* piece, std::size_t size) noexcept {
        const Spinning alone(busy_);
        put(piece, free_[index_of(size)]);
    }

private:
    static std::size_t index_of(std::size_t size) {
        return static_cast<std::size_t>(std::countr_zero(size) - std::countr_zero(smallest));
    }

    static void put(std::byte* piece, std::byte*& list) {
        std::memcpy(piece, &list, sizeof list);
        list = piece;
    }

    static void cut(std::size_t size, std::byte*& list) {
        std::byte* const block = map_pages(block_size);
        for (std::size_t at = 0; at < block_size; at += size)
            put(block + at, list);
    }

    std::atomic_flag busy_;
    std::array<std::byte*, size_count> free_{};
};

constinit Arena arena;

} // namespace

void* take_locked(std::size_t size) {
    const std::size_t whole = rounded(size);
    return whole > largest ? map_pages(whole) : arena.take(whole);
}

void give_back_locked(void* memory, std::size_t size) noexcept {
    const std::size_t whole = rounded(size);
    OPENSSL_cleanse(memory, whole);
    if (whole > largest)
        ::munmap(memory, whole); // unlocks it, too
    else
        arena.give_back(static_cast<std::byte*>(memory), whole);
}

bool locked_memory_refused() noexcept {
    return refused.load(std::memory_order_relaxed);
}

} // namespace plugtone
