#include "core/contracts/durable.hpp"

#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;

class Durable : public testing::TestWithParam<Durability> {
protected:
    std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_.path()), {}));
    }
    test::TempFolder folder_;
    std::string path_ = folder_.path("file");
};

TEST_P(Durable, WritesContentAndMode) {
    ASSERT_TRUE(write_file(path_, as_bytes("content"), 0640, GetParam()));
    EXPECT_EQ(test::content_of(path_), "content");
    EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0640));
    EXPECT_EQ(entries(), 1U) << "nothing stays beside it";
}

TEST_P(Durable, ReplacesByRenameSoThatAReaderKeepsTheOldFileWhole) {
    ASSERT_TRUE(write_file(path_, as_bytes("old"), 0600, GetParam()));
    std::ifstream reader(path_);
    ASSERT_TRUE(write_file(path_, as_bytes("newer"), 0644, GetParam()));
    std::string read;
    reader >> read;
    EXPECT_EQ(read, "old");
    EXPECT_EQ(test::content_of(path_), "newer");
    EXPECT_EQ(fs::status(path_).permissions(), static_cast<fs::perms>(0644));
}

TEST_P(Durable, ReplacesALinkAndNotWhatItPointsTo) {
    const std::string target = folder_.write("target", "untouched");
    fs::create_symlink(target, path_);
    ASSERT_TRUE(write_file(path_, as_bytes("new"), 0600, GetParam()));
    EXPECT_EQ(test::content_of(target), "untouched");
    EXPECT_FALSE(fs::is_symlink(path_));
}

// A full disk is played by the limit of a file's size, which write() meets in the same way.
TEST_P(Durable, FailureInTheMiddleLeavesTheOldFile) {
    ASSERT_TRUE(write_file(path_, as_bytes("old"), 0600, GetParam()));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto refused = write_file(path_, Bytes(100000, 'x'), 0600, GetParam());
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_NE(refused.error().message.find("File too large"), std::string::npos);
    EXPECT_EQ(test::content_of(path_), "old");
    EXPECT_EQ(entries(), 1U);
}

TEST_P(Durable, FailsWhereItCannotRename) {
    fs::create_directories(path_ + "/inside");
    ASSERT_FALSE(write_file(path_, as_bytes("x"), 0600, GetParam()));
    EXPECT_EQ(entries(), 1U) << "nothing stays beside it";
    const auto refused = write_file(folder_.path("none/file"), as_bytes("x"), 0600, GetParam());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("none/file"), std::string::npos);
}

TEST_P(Durable, ReaderNeverSeesHalfAFile) {
    const std::string first(50000, 'a');
    const std::string second(70000, 'b');
    ASSERT_TRUE(write_file(path_, as_bytes(first), 0600, GetParam()));
    std::atomic<bool> done = false;
    {
        const std::jthread writer([this, &first, &second, &done] {
            for (int round = 0; round < 50; ++round)
                if (!write_file(path_, as_bytes(round % 2 == 0 ? second : first), 0600, GetParam()))
                    break;
            done = true;
        });
        while (!done) {
            const std::string read = test::content_of(path_);
            EXPECT_TRUE(read == first || read == second) << read.size();
        }
    }
    EXPECT_EQ(test::content_of(path_), first) << "all 50 rounds were written";
}

INSTANTIATE_TEST_SUITE_P(Both, Durable, testing::Values(Durability::atomic, Durability::durable),
                         [](const auto& example) {
                             return example.param == Durability::atomic ? "Atomic" : "Durable";
                         });

TEST(ReplaceLink, SwitchesInOneStepAndLeavesNothingBeside) {
    const test::TempFolder folder;
    const std::string link = folder.path("config");
    ASSERT_TRUE(replace_link(link, "generations/1"));
    EXPECT_EQ(fs::read_symlink(link), "generations/1");
    ASSERT_TRUE(replace_link(link, "generations/2"));
    EXPECT_EQ(fs::read_symlink(link), "generations/2");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(ReplaceLink, FailsWithoutAFolderOrOverOne) {
    const test::TempFolder folder;
    EXPECT_FALSE(replace_link(folder.path("none/config"), "x"));
    fs::create_directories(folder.path("config/inside"));
    EXPECT_FALSE(replace_link(folder.path("config"), "x"));
    EXPECT_TRUE(fs::is_directory(folder.path("config")));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(SyncFolder, NamesWhatIsNotThere) {
    const test::TempFolder folder;
    EXPECT_TRUE(sync_folder(folder.path()));
    EXPECT_EQ(sync_folder("/nowhere").error().message,
              "cannot bring to the disk /nowhere: No such file or directory");
}

} // namespace
} // namespace plugtone
