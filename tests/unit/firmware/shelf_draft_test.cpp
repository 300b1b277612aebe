#include "agent/firmware/shelf_draft.hpp"

#include <filesystem>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

class ShelfDraftTest : public testing::Test {
protected:
    ShelfDraftTest() : draft_(begin()) {}
    std::unique_ptr<ShelfDraft> begin() {
        return ShelfDraft::begin_in(folder_.path(), {"gs_screen.dat"},
                                    [this](std::uint64_t, std::uint64_t) { return go_on_; })
            .value();
    }
    void put(const std::string& name, std::string_view content) {
        ASSERT_TRUE(draft_->begin(name));
        ASSERT_TRUE(draft_->take(as_bytes(content)));
        ASSERT_TRUE(draft_->end());
    }
    std::size_t entries() const {
        std::size_t count = 0;
        for ([[maybe_unused]] const auto& entry :
             std::filesystem::directory_iterator(folder_.path()))
            ++count;
        return count;
    }

    test::TempFolder folder_;
    bool go_on_ = true;
    std::unique_ptr<ShelfDraft> draft_;
};

TEST_F(ShelfDraftTest, IsPlacedWholeUnderItsName) {
    put("gxp2160fw.bin", "content");
    ASSERT_TRUE(draft_->verify());
    ASSERT_TRUE(draft_->place("gxp2160_@_1.0"));
    draft_.reset();
    EXPECT_EQ(test::content_of(folder_.path("gxp2160_@_1.0/gxp2160fw.bin")), "content");
    EXPECT_EQ(entries(), 1U) << "nothing else stays";
}

TEST_F(ShelfDraftTest, KeepsSizeAndSha256OfEachFile) {
    put("x.bin", "abc");
    ASSERT_EQ(draft_->files().size(), 1U);
    EXPECT_EQ(draft_->files()[0].size, 3U);
    EXPECT_EQ(draft_->files()[0].sha256,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(ShelfDraftTest, MakesAndTakesAwayTheFoldersOfItsPrefix) {
    put("ht502fw.bin", "content");
    ASSERT_TRUE(draft_->place("HT502/1.0.7.6/@"));
    EXPECT_TRUE(shelf_is_there(folder_.path(), "HT502/1.0.7.6/@"));
    ASSERT_TRUE(remove_shelf(folder_.path(), "HT502/1.0.7.6/@"));
    EXPECT_EQ(entries(), 0U);
    EXPECT_TRUE(remove_shelf(folder_.path(), "HT502/1.0.7.6/@")) << "again";
}

TEST_F(ShelfDraftTest, TakesNoOtherShelfsFoldersAway) {
    put("a.bin", "content");
    ASSERT_TRUE(draft_->place("HT502/1/@"));
    draft_ = begin();
    put("a.bin", "content");
    ASSERT_TRUE(draft_->place("HT502/2/@"));
    ASSERT_TRUE(remove_shelf(folder_.path(), "HT502/1/@"));
    EXPECT_TRUE(shelf_is_there(folder_.path(), "HT502/2/@"));
}

TEST_F(ShelfDraftTest, RefusesAShelfThatIsThere) {
    folder_.write("gs_@/boot.bin", "the operator's");
    put("boot.bin", "content");
    const Done refused = draft_->place("gs_@");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::conflict);
    EXPECT_EQ(test::content_of(folder_.path("gs_@/boot.bin")), "the operator's");
}

TEST_F(ShelfDraftTest, NoticesADiskThatLies) {
    put("x.bin", "content");
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
        folder_.write(entry.path().filename().string() + "/x.bin", "CONTENT");
    const Done refused = draft_->verify();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("does not have what was written"));
}

TEST_F(ShelfDraftTest, LeavesNothingWhenItGoes) {
    put("x.bin", "content");
    EXPECT_EQ(entries(), 1U);
    draft_.reset();
    EXPECT_EQ(entries(), 0U);
}

TEST_F(ShelfDraftTest, ClearsAwayWhatAnInterruptedOneLeft) {
    folder_.write(".new-abc/x.bin", "half");
    folder_.write(".gone-abc/shelf/x.bin", "half");
    folder_.write("gs_@/boot.bin", "whole");
    draft_.reset();
    clear_drafts(folder_.path());
    EXPECT_EQ(entries(), 1U);
    EXPECT_TRUE(shelf_is_there(folder_.path(), "gs_@"));
}

TEST_F(ShelfDraftTest, WantsFirmwareOnly) {
    EXPECT_TRUE(draft_->wants("gxp2160fw.bin"));
    EXPECT_TRUE(draft_->wants("RING1.BIN"));
    EXPECT_TRUE(draft_->wants("gs_screen.dat")) << "a class names it";
    EXPECT_FALSE(draft_->wants("notes.pdf"));
}

TEST_F(ShelfDraftTest, RefusesAnEmptyFile) {
    ASSERT_TRUE(draft_->begin("x.bin"));
    EXPECT_FALSE(draft_->end());
}

TEST_F(ShelfDraftTest, EndsWhenNobodyWantsItAnyMore) {
    EXPECT_TRUE(draft_->progress(1, 2));
    go_on_ = false;
    EXPECT_FALSE(draft_->progress(1, 2));
}

} // namespace
} // namespace plugtone
