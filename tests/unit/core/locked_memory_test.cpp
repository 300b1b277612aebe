#include "core/base/locked_memory.hpp"

#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace plugtone {
namespace {

constexpr int good_status = 0;

// "Locked" and the flags, of the mapping that the address lies in.
std::string mapping_of(const void* address) {
    std::ifstream maps("/proc/self/smaps");
    std::string line;
    std::string found;
    bool inside = false;
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    while (std::getline(maps, line)) {
        std::uintptr_t first = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::istringstream words(line);
        if (line.find('-') < 20 && (words >> std::hex >> first >> dash >> end))
            inside = first <= wanted && wanted < end;
        else if (inside && (line.starts_with("Locked:") || line.starts_with("VmFlags:")))
            found += line + "\n";
    }
    return found;
}

TEST(LockedMemory, IsLockedAndInNoCoreDump) {
    void* memory = take_locked(24);
    std::memset(memory, 's', 24);
    const std::string mapping = mapping_of(memory);
    EXPECT_NE(mapping.find(" dd"), std::string::npos) << "no 'do not dump' in: " << mapping;
    if (!locked_memory_refused()) {
        EXPECT_NE(mapping.find(" lo"), std::string::npos) << "no 'locked' in: " << mapping;
    }
    give_back_locked(memory, 24);
}

TEST(LockedMemory, IsWipedWhenItIsGivenBackAndTakenAgain) {
    auto* memory = static_cast<char*>(take_locked(100));
    std::memset(memory, 's', 100);
    give_back_locked(memory, 100);
    const std::string_view rest(memory + sizeof(void*), 100 - sizeof(void*));
    EXPECT_EQ(rest.find('s'), std::string_view::npos);
    void* again = take_locked(128);
    EXPECT_EQ(again, memory) << "the same size class, so that it does not grow";
    give_back_locked(again, 128);
}

TEST(LockedMemory, PiecesOfAnySizeAreApart) {
    std::vector<std::pair<char*, std::size_t>> taken;
    for (const std::size_t size : {1U, 1U, 32U, 33U, 4096U, 4097U, 100'000U, 100'000U}) {
        taken.emplace_back(static_cast<char*>(take_locked(size)), size);
        std::memset(taken.back().first, static_cast<int>('a' + taken.size()), size);
    }
    for (std::size_t at = 0; at < taken.size(); ++at) {
        const auto [memory, size] = taken[at];
        EXPECT_EQ(std::string(memory, size), std::string(size, static_cast<char>('b' + at)));
        give_back_locked(memory, size);
    }
}

// In a process of its own, which may lock nothing: root is not held to the limit.
TEST(LockedMemory, WithoutPermissionItIsThereAllTheSameAndSaysSo) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const rlimit none{0, 0};
        constexpr uid_t nobody = 65534;
        if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (::geteuid() == 0 && ::setuid(nobody) != 0))
            ::_exit(1);
        auto* memory = static_cast<char*>(take_locked(1 << 20));
        std::memset(memory, 's', 1 << 20);
        ::_exit(locked_memory_refused() ? good_status : 2);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), good_status);
}

} // namespace
} // namespace plugtone
