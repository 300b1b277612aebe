#include "tftpd/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "core/contracts/manifest.hpp"
#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Mac phone = Mac::parse("000b82000001").value();

Catalogue build(const TemporaryTree& tree) {
    auto catalogue = Catalogue::build(tree.path());
    EXPECT_TRUE(catalogue) << catalogue.error().message;
    return catalogue ? std::move(*catalogue) : Catalogue{};
}

std::string content_of(const Catalogue& catalogue, const std::string& name) {
    const ServedFile* file = catalogue.find(name);
    if (file == nullptr)
        return "(absent)";
    const auto open = file->open();
    if (!open)
        return "(" + open.error().message + ")";
    std::string content(open->size, '\0');
    const auto got = read_at(open->descriptor, 0,
                             {reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
    return got == content.size() ? content : "(short)";
}

TEST(Catalogue, ServesShelvesAndLiteralFilesFromBothFolders) {
    const TemporaryTree tree;
    tree.write("generations/1/gs_@_cfg001/cfg000b82000001", "binary");
    tree.write("generations/1/@/cfg.xml", "generic");
    tree.write("firmware/gs_@_1.0.7.5/boot.bin", "boot");
    tree.write("firmware/HT502/1.0.7.6/@/ht502fw.bin", "ht502");
    tree.write("firmware/gs_vp.bin_1.0.7.5", "literal");
    tree.switch_to("1");
    const Catalogue catalogue = build(tree);
    EXPECT_EQ(content_of(catalogue, "gs_cfg000b82000001_cfg001"), "binary");
    EXPECT_EQ(content_of(catalogue, "cfg.xml"), "generic");
    EXPECT_EQ(content_of(catalogue, "gs_boot.bin_1.0.7.5"), "boot");
    EXPECT_EQ(content_of(catalogue, "HT502/1.0.7.6/ht502fw.bin"), "ht502");
    EXPECT_EQ(content_of(catalogue, "gs_vp.bin_1.0.7.5"), "literal");
    EXPECT_EQ(catalogue.size(), 5U);
    EXPECT_TRUE(catalogue.problems().empty());
    EXPECT_EQ(catalogue.find("@/cfg.xml"), nullptr);
    EXPECT_EQ(catalogue.find("/cfg.xml"), nullptr);
}

TEST(Catalogue, AnEmptyRootServesNothingAndAMissingOneFails) {
    const TemporaryTree tree;
    EXPECT_EQ(build(tree).size(), 0U);
    EXPECT_FALSE(Catalogue::build(tree.path("nowhere")));
}

TEST(Catalogue, ALiteralFileWinsOverAShelfWithoutComplaint) {
    const TemporaryTree tree;
    tree.write("firmware/gs_@/vp.bin", "shelf");
    tree.write("firmware/gs_vp.bin", "literal");
    const Catalogue catalogue = build(tree);
    EXPECT_EQ(content_of(catalogue, "gs_vp.bin"), "literal");
    EXPECT_TRUE(catalogue.problems().empty());
}

TEST(Catalogue, OfTwoShelvesTheFirstByNameWinsAndTheClashIsReported) {
    const TemporaryTree tree;
    tree.write("firmware/a@bc/x", "second");
    tree.write("firmware/a@c/xb", "third");
    tree.write("generations/1/@bc/ax", "first");
    tree.switch_to("1");
    const Catalogue catalogue = build(tree);
    EXPECT_EQ(content_of(catalogue, "axbc"), "first");
    EXPECT_THAT(catalogue.problems(),
                ElementsAre("/axbc is served from config/@bc/ax, not from firmware/a@bc/x",
                            "/axbc is served from config/@bc/ax, not from firmware/a@c/xb"));
}

TEST(Catalogue, NeverServesTheManifestOrNamesWithADot) {
    const TemporaryTree tree;
    tree.write("generations/1/manifest", encode_manifest({}));
    tree.write("generations/1/.hidden", "x");
    tree.write("generations/1/.folder/x", "x");
    tree.write("generations/1/@/.cfg.xml.new-123456", "x");
    tree.write("firmware/manifest", "x");
    tree.switch_to("1");
    EXPECT_EQ(build(tree).size(), 0U);
}

TEST(Catalogue, TakesOwnersAndRulesFromTheManifest) {
    const TemporaryTree tree;
    const std::string sha256(64, 'a');
    tree.write("generations/1/@/cfg000b82000001.xml", "x");
    tree.write("generations/1/@/ring1.bin", "x");
    tree.write("generations/1/@/cfg.xml", "x");
    tree.write("generations/1/manifest",
               encode_manifest({{"@/cfg000b82000001.xml", {sha256, AccessRule::open, std::nullopt}},
                                {"@/ring1.bin", {sha256, AccessRule::certificate, phone}}}));
    tree.switch_to("1");
    const Catalogue catalogue = build(tree);
    const ServedFile* opened = catalogue.find("cfg000b82000001.xml");
    ASSERT_NE(opened, nullptr);
    EXPECT_EQ(opened->access, AccessRule::open);
    EXPECT_EQ(opened->owner, phone); // the name says so, whatever the manifest forgot
    EXPECT_EQ(opened->sha256, sha256);
    ASSERT_NE(catalogue.find("ring1.bin"), nullptr);
    EXPECT_EQ(catalogue.find("ring1.bin")->owner, phone);
    EXPECT_EQ(catalogue.find("ring1.bin")->access, AccessRule::certificate);
    ASSERT_NE(catalogue.find("cfg.xml"), nullptr);
    EXPECT_EQ(catalogue.find("cfg.xml")->owner, std::nullopt);
}

TEST(Catalogue, APrivateFileThatNoManifestNamesHasTheRuleLease) {
    const TemporaryTree tree;
    tree.write("firmware/gs_@_1/cfg000b82000001.xml", "x");
    tree.write("firmware/gs_dev000b82000001", "x");
    const Catalogue catalogue = build(tree);
    for (const char* name : {"gs_cfg000b82000001.xml_1", "gs_dev000b82000001"}) {
        const ServedFile* file = catalogue.find(name);
        ASSERT_NE(file, nullptr) << name;
        EXPECT_EQ(file->owner, phone) << name;
        EXPECT_EQ(file->access, AccessRule::lease) << name;
    }
}

TEST(Catalogue, RefusesAGenerationWithABrokenManifestWhole) {
    const TemporaryTree tree;
    tree.write("generations/1/@/cfg.xml", "x");
    tree.write("generations/1/manifest", "plugtone-manifest 1\nrubbish\n");
    tree.switch_to("1");
    const auto catalogue = Catalogue::build(tree.path());
    ASSERT_FALSE(catalogue);
    EXPECT_THAT(catalogue.error().message, HasSubstr("manifest: line 2"));
}

TEST(Catalogue, RefusesSymbolicLinksInsideTheTree) {
    const TemporaryTree tree;
    tree.write("secret", "x");
    tree.folder("firmware");
    tree.link("firmware/link", "../secret");
    tree.link("firmware/folder", "..");
    const Catalogue catalogue = build(tree);
    EXPECT_EQ(catalogue.size(), 0U);
    EXPECT_EQ(catalogue.problems().size(), 2U);
}

TEST(Catalogue, RefusesAConfigLinkThatLeavesTheTree) {
    const TemporaryTree outside;
    outside.write("cfg.xml", "x");
    const TemporaryTree tree;
    tree.link("config", outside.path());
    EXPECT_FALSE(Catalogue::build(tree.path()));
}

TEST(Catalogue, DoesNotOpenWhatBecameALinkAfterTheScan) {
    const TemporaryTree tree;
    tree.write("secret", "secret");
    tree.write("firmware/folder/file", "x");
    const Catalogue catalogue = build(tree);
    std::filesystem::remove_all(tree.path("firmware/folder"));
    tree.folder("firmware/folder");
    tree.link("firmware/folder/file", "../../secret");
    ASSERT_NE(catalogue.find("folder/file"), nullptr);
    EXPECT_FALSE(catalogue.find("folder/file")->open());
}

TEST(Catalogue, ServesNoPipeAndDoesNotWaitForOne) {
    const TemporaryTree tree;
    tree.write("firmware/file", "x");
    const Catalogue catalogue = build(tree);
    std::filesystem::remove(tree.path("firmware/file"));
    ASSERT_EQ(::mkfifo(tree.path("firmware/file").c_str(), 0600), 0);
    EXPECT_FALSE(catalogue.find("file")->open());
    EXPECT_EQ(build(tree).size(), 0U);
}

TEST(Catalogue, ReportsNamesThatNobodyCanAskFor) {
    const TemporaryTree tree;
    tree.write("firmware/back\\slash", "x");
    tree.write("firmware/new\nline", "x");
    tree.write("firmware/@/sub/file", "x");
    const Catalogue catalogue = build(tree);
    EXPECT_EQ(catalogue.size(), 0U);
    EXPECT_EQ(catalogue.problems().size(), 3U);
}

TEST(Catalogue, KeepsServingTheGenerationItWasBuiltFrom) {
    const TemporaryTree tree;
    tree.write("generations/1/@/cfg.xml", "old");
    tree.write("generations/2/@/cfg.xml", "new");
    tree.switch_to("1");
    const Catalogue old = build(tree);
    tree.switch_to("2");
    EXPECT_EQ(content_of(old, "cfg.xml"), "old");
    EXPECT_EQ(content_of(build(tree), "cfg.xml"), "new");
}

} // namespace
} // namespace plugtone::tftpd
