#include "core/base/layered_files.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> contents(const LayeredFiles& read) {
    std::vector<std::string> all;
    for (const LayeredFile& file : read.files)
        all.emplace_back(as_text(file.content));
    return all;
}

TEST(LayeredFiles, ALaterFolderReplacesAndAnEmptyFileMasks) {
    const test::TempFolder folder;
    folder.write("one/b.xml", "b");
    folder.write("one/a.xml", "a");
    folder.write("one/c.xml", "c");
    folder.write("two/a.xml", "other");
    folder.write("two/c.xml", " \n");
    const LayeredFiles read = read_layered_files({folder.path("one"), folder.path("two")}, 100);
    EXPECT_THAT(contents(read), ElementsAre("other", "b"));
    EXPECT_EQ(read.files.front().path, folder.path("two") + "/a.xml");
    EXPECT_THAT(read.problems, IsEmpty());
}

TEST(LayeredFiles, OtherNamesAndHiddenOnesAreNotRead) {
    const test::TempFolder folder;
    folder.write("one/a.xml.bak", "x");
    folder.write("one/.a.xml", "x");
    EXPECT_THAT(read_layered_files({folder.path("one"), folder.path("none")}, 100).files,
                IsEmpty());
}

TEST(LayeredFiles, WhatCannotBeReadIsAProblemAndTheRestIsRead) {
    const test::TempFolder folder;
    folder.write("one/a.xml", std::string(101, 'x'));
    folder.write("one/b.xml", "b");
    std::filesystem::create_directories(folder.path("one/c.xml"));
    const LayeredFiles read = read_layered_files({folder.path("one")}, 100);
    EXPECT_THAT(contents(read), ElementsAre("b"));
    EXPECT_THAT(read.problems, ElementsAre(HasSubstr("a.xml"), HasSubstr("c.xml")));
}

} // namespace
} // namespace plugtone
