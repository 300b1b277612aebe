#include "core/names/shelf.hpp"

#include <gtest/gtest.h>

namespace plugtone {
namespace {

struct Example {
    const char* folder;
    const char* basic_name;
    const char* served_name;
};

// The design's examples (section 2).
constexpr Example examples[] = {
    {"gs_@_1.0.7.5", "boot.bin", "gs_boot.bin_1.0.7.5"},
    {"HT502/1.0.7.6/@", "ht502fw.bin", "HT502/1.0.7.6/ht502fw.bin"},
    {"gs_@_cfg001", "cfg000b82000001", "gs_cfg000b82000001_cfg001"},
    {"@", "cfg.xml", "cfg.xml"},
};

TEST(Shelf, ServesABasicNameAndFindsItAgain) {
    for (const Example& example : examples) {
        const auto shelf = Shelf::of_folder(example.folder);
        ASSERT_TRUE(shelf) << example.folder;
        EXPECT_EQ(shelf->served_name(example.basic_name), example.served_name);
        EXPECT_EQ(shelf->basic_name(example.served_name), example.basic_name);
        EXPECT_EQ(shelf->folder(), example.folder);
        EXPECT_EQ(*Shelf::make(shelf->prefix, shelf->postfix), *shelf);
    }
}

TEST(Shelf, IsAFolderWithOneAtInItsLastPart) {
    for (const char* folder : {"", "gs_boot.bin", "a@b@c", "@@", "gs_@/x", "@/"})
        EXPECT_FALSE(Shelf::of_folder(folder)) << folder;
    EXPECT_EQ(Shelf::of_folder("a@b/c@d"), (Shelf{"a@b/c", "d"})) << "only the last part counts";
}

TEST(Shelf, DoesNotFindANameOfAnotherShelf) {
    const Shelf shelf = *Shelf::make("gs_", "_1");
    for (const char* name : {"boot.bin", "gs_boot.bin", "boot.bin_1", "gs__1", "gs_1", "gs_a/b_1",
                             "x/gs_boot.bin_1", "GS_boot.bin_1", ""})
        EXPECT_FALSE(shelf.basic_name(name)) << name;
    EXPECT_EQ(Shelf::make("HT502/", "")->basic_name("HT502/x"), "x");
    EXPECT_FALSE(Shelf::make("HT502/", "")->basic_name("HT502/1.0/x"));
}

TEST(Shelf, RefusesPrefixesThatCouldLeaveTheTree) {
    for (const char* prefix : {"../", "a/../", "/etc/", "a//b", "./", "a/./b", "a\\b"})
        EXPECT_FALSE(Shelf::make(prefix, "")) << prefix;
    for (const char* postfix : {"/x", "/..", "\\x"})
        EXPECT_FALSE(Shelf::make("", postfix)) << postfix;
}

TEST(Shelf, RefusesWhatNoFileSystemOrRequestCarriesSafely) {
    for (const std::string_view part :
         {std::string_view("a@b"), std::string_view("a b"), std::string_view("a\n"),
          std::string_view("a\0", 2), std::string_view("\x7f")}) {
        EXPECT_FALSE(Shelf::make(part, ""));
        EXPECT_FALSE(Shelf::make("", part));
    }
}

// The tree's reader skips names with a dot in front: such a shelf would be there, and served never.
TEST(Shelf, RefusesFoldersThatWouldNeverBeServed) {
    for (const char* prefix : {".gs_", "..", ".git/", "a/.b", "a/.b/c"})
        EXPECT_FALSE(Shelf::make(prefix, "")) << prefix;
    EXPECT_TRUE(Shelf::make("a.b/c.", ".1"));
}

TEST(Shelf, HoldsToTheDevicesLimit) {
    EXPECT_TRUE(Shelf::make(std::string(prefix_size_max, 'a'), std::string(prefix_size_max, 'b')));
    EXPECT_FALSE(Shelf::make(std::string(prefix_size_max + 1, 'a'), ""));
    EXPECT_FALSE(Shelf::make("", std::string(prefix_size_max + 1, 'a')));
}

} // namespace
} // namespace plugtone
