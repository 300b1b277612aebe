#include "core/base/file.hpp"

#include <gtest/gtest.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

TEST(ReadFile, GivesAllTheBytesUpToTheLimit) {
    const test::TempFolder folder;
    const std::string content(40000, 'x');
    const std::string path = folder.write("file", content);
    EXPECT_EQ(as_text(*read_file(path, content.size())), content);
    const auto refused = read_file(path, content.size() - 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
    EXPECT_EQ(refused.error().message, path + ": want at most 39999 bytes");
}

TEST(ReadFile, TellsAFileThatIsNotThereFromOneThatCannotBeRead) {
    const test::TempFolder folder;
    EXPECT_EQ(read_file(folder.path("none"), 10).error().kind, ErrorKind::not_found);
    EXPECT_EQ(read_file(folder.path(), 10).error().kind, ErrorKind::io);
    EXPECT_TRUE(read_file(folder.write("empty", ""), 0)->empty());
}

} // namespace
} // namespace plugtone
