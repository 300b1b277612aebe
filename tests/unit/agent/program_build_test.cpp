#include "agent/program_build.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "core/base/bytes.hpp"
#include "core/base/file.hpp"

namespace plugtone {
namespace {

// The very bytes stand in the program's file.
TEST(ProgramBuild, IsWhatTheLinkerWroteIntoThisProgram) {
    const std::string build = program_build();
    const auto id = from_hex(build);
    ASSERT_TRUE(id) << build;
    ASSERT_GE(id->size(), 8U);
    const auto program = read_file("/proc/self/exe", std::size_t{1} << 30U);
    ASSERT_TRUE(program);
    EXPECT_NE(as_text(*program).find(as_text(*id)), std::string_view::npos);
}

} // namespace
} // namespace plugtone
