#include "core/contracts/manifest.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

const std::string sha(64, 'a');

std::string refusal(const std::string& text) {
    const auto refused = decode_manifest(as_bytes(text));
    return refused ? "taken" : refused.error().message;
}

TEST(Manifest, IsTextByPath) {
    const Manifest manifest = {{"gs_@/cfg000b82123456.xml",
                                {sha, AccessRule::certificate, Mac::parse("000b82123456").value(),
                                 "phones-1", HttpCredentials{HttpAuth::basic, "a b", {}, {}}}},
                               {"@/cfg.xml", {sha, AccessRule::open, {}, {}, {}}}};
    const std::string text = encode_manifest(manifest);
    EXPECT_EQ(text,
              "plugtone-manifest 2\n" + sha + " open - - - @/cfg.xml\n" + sha +
                  " certificate 000b82123456 phones-1 basic:::a%20b gs_@/cfg000b82123456.xml\n");
    EXPECT_EQ(*decode_manifest(as_bytes(text)), manifest);
}

TEST(Manifest, EmptyOneComesBack) {
    EXPECT_EQ(decode_manifest(as_bytes(encode_manifest({}))), Manifest{});
}

TEST(Manifest, TakesPathsWithBlanks) {
    const Manifest manifest = {{"a file.bin", {sha, AccessRule::lease, {}, {}, {}}}};
    EXPECT_EQ(*decode_manifest(as_bytes(encode_manifest(manifest))), manifest);
}

// A line feed in a path would add a line, and so another file's access rule.
TEST(Manifest, IsNeverWrittenWithAPathThatWouldNotComeBack) {
    const Manifest manifest = {
        {"x\n" + sha + " open - @/cfg000b82123456.xml", {sha, AccessRule::open, {}, {}, {}}}};
    EXPECT_DEBUG_DEATH(encode_manifest(manifest), "is_path_below");
}

TEST(Manifest, IsRefusedWholeWithTheLine) {
    const std::string good = "plugtone-manifest 2\n" + sha + " open - - - a\n";
    EXPECT_EQ(refusal(good), "taken");
    EXPECT_EQ(refusal(""), "manifest: want the first line 'plugtone-manifest 2'");
    EXPECT_EQ(refusal("plugtone-manifest 3\n"),
              "manifest: want the first line 'plugtone-manifest 2'");
    EXPECT_EQ(refusal(good + sha + " open - - - b"), "manifest: the last line is cut off");
    const std::string shape = "manifest: line 3: want '<sha256> <access> <mac or -> <class or -> "
                              "<credentials or -> <path>'";
    EXPECT_EQ(refusal(good + "\n"), shape);
    EXPECT_EQ(refusal(good + sha + " open - - -\n"), shape);
    EXPECT_EQ(refusal(good + sha + " all - - - b\n"), shape);
    EXPECT_EQ(refusal(good + sha + " open - A - b\n"), shape);
    EXPECT_EQ(refusal(good + sha + " open - - none::: b\n"), shape);
    EXPECT_EQ(refusal(good + sha + " open - - basic:1:2:x b\n"), shape);
    EXPECT_EQ(refusal(good + sha.substr(1) + " open - - - b\n"), shape);
    EXPECT_EQ(refusal(good + std::string(64, 'g') + " open - - - b\n"), shape);
    EXPECT_EQ(refusal(good + std::string(64, 'A') + " open - - - b\n"), shape) << "lower case only";
    EXPECT_EQ(refusal(good + sha + " open  - - b\n").find("manifest: line 3: MAC: want"), 0U);
    EXPECT_EQ(refusal(good + sha + " lease - - - a\n"), "manifest: line 3: the path stands twice");
}

TEST(Manifest, ReadsVersion1WhichKnewNeitherClassNorCredentials) {
    const auto manifest = decode_manifest(
        as_bytes("plugtone-manifest 1\n" + sha + " lease 000b82123456 @/cfg000b82123456.xml\n"));
    ASSERT_TRUE(manifest);
    const ManifestEntry& entry = manifest->begin()->second;
    EXPECT_EQ(entry.owner, Mac::parse("000b82123456").value());
    EXPECT_EQ(entry.device_class, "");
    EXPECT_FALSE(entry.http);
    EXPECT_EQ(refusal("plugtone-manifest 1\n" + sha + " all - b\n"),
              "manifest: line 2: want '<sha256> <access> <mac or -> <path>'");
}

TEST(Manifest, RefusesPathsOutsideTheGeneration) {
    for (const char* path : {"/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "a\x01"})
        EXPECT_EQ(refusal("plugtone-manifest 1\n" + sha + " open - " + path + "\n")
                      .find("manifest: line 2: want a path below the generation"),
                  0U)
            << path;
}

} // namespace
} // namespace plugtone
