#include "tftpd/generation_check.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

class GenerationCheckTest : public testing::Test {
protected:
    bool serves(const std::string& name) { return in_use.get()->find(name) != nullptr; }

    TemporaryTree tree;
    CatalogueInUse in_use;
    GenerationCheck check{tree.path(), in_use};
};

TEST_F(GenerationCheckTest, ServesANewGenerationAtTheNextRequest) {
    tree.write("generations/1/@/cfg.xml", "x");
    tree.write("generations/2/@/cfg000b82123456.xml", "x");
    tree.switch_to("1");
    check.catch_up();
    EXPECT_TRUE(serves("cfg.xml"));
    tree.switch_to("2");
    EXPECT_FALSE(serves("cfg000b82123456.xml"));
    check.catch_up();
    EXPECT_TRUE(serves("cfg000b82123456.xml"));
    EXPECT_FALSE(serves("cfg.xml"));
}

TEST_F(GenerationCheckTest, LooksOnceAtAGenerationThatCannotBeServed) {
    tree.write("generations/1/@/cfg.xml", "x");
    tree.switch_to("1");
    check.catch_up();
    tree.write("generations/2/manifest", "no manifest at all");
    tree.switch_to("2");
    check.catch_up();
    EXPECT_TRUE(serves("cfg.xml")) << "the catalogue before it stays";
    // Mended behind its back: whoever asks again and again does not make it read again.
    std::filesystem::remove(tree.path("generations/2/manifest"));
    check.catch_up();
    EXPECT_TRUE(serves("cfg.xml"));
}

TEST_F(GenerationCheckTest, LeavesTheCatalogueAloneWhileTheGenerationIsTheSame) {
    tree.write("generations/1/@/cfg.xml", "x");
    tree.switch_to("1");
    check.catch_up();
    const auto before = in_use.get();
    tree.write("generations/1/@/another", "x");
    check.catch_up();
    EXPECT_EQ(in_use.get(), before);
}

} // namespace
} // namespace plugtone::tftpd
