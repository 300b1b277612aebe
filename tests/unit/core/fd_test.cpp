#include "core/base/fd.hpp"

#include <fcntl.h>

#include <gtest/gtest.h>

namespace plugtone {
namespace {

bool is_open(int number) {
    return ::fcntl(number, F_GETFD) >= 0;
}

TEST(Fd, ClosesItselfOnce) {
    int number = -1;
    {
        const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        number = file.get();
        ASSERT_TRUE(file);
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovesAndReleasesItsNumber) {
    Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int number = first.get();
    Fd second(std::move(first));
    EXPECT_EQ(second.get(), number);
    Fd third(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int replaced = third.get();
    third = std::move(second);
    EXPECT_FALSE(is_open(replaced));
    EXPECT_EQ(third.release(), number);
    EXPECT_FALSE(third);
    EXPECT_TRUE(is_open(number));
    Fd(number).reset();
    EXPECT_FALSE(is_open(number));
}

} // namespace
} // namespace plugtone
