#include "tftpd/catalogue_watch.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>

#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

constexpr WatchTiming quick{std::chrono::milliseconds(1), std::chrono::milliseconds(20),
                            std::chrono::milliseconds(10)};
// Only for a test that fails: what is waited for comes in milliseconds.
constexpr std::chrono::seconds patience{20};

// Waits until the watch has published a catalogue of which the condition holds.
class Scans {
public:
    CatalogueWatch::OnScan callback() {
        return [this](const std::shared_ptr<const Catalogue>& catalogue) {
            const std::lock_guard lock(mutex_);
            latest_ = catalogue;
            ++count_;
            changed_.notify_all();
        };
    }
    bool wait_for(const std::function<bool(const Catalogue&)>& condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return latest_ && condition(*latest_); });
    }
    bool wait_for_count(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const Catalogue> latest_;
    int count_ = 0;
};

std::function<bool(const Catalogue&)> serves(const std::string& name) {
    return [name](const Catalogue& catalogue) { return catalogue.find(name) != nullptr; };
}

struct Fixture {
    TemporaryTree tree;
    CatalogueInUse in_use;
    Scans scans;
};

TEST(CatalogueWatch, ServesTheTreeWhenItsConstructorReturns) {
    Fixture f;
    f.tree.write("firmware/a.bin", "x");
    const CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    EXPECT_NE(f.in_use.get()->find("a.bin"), nullptr);
}

TEST(CatalogueWatch, SeesAGenerationSwitch) {
    Fixture f;
    f.tree.write("generations/1/@/old", "x");
    f.tree.write("generations/2/@/new", "x");
    f.tree.switch_to("1");
    const CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    const auto before = f.in_use.get();
    f.tree.switch_to("2");
    EXPECT_TRUE(f.scans.wait_for(serves("new")));
    EXPECT_EQ(f.in_use.get()->find("old"), nullptr);
    EXPECT_NE(before->find("old"), nullptr); // a snapshot that was taken stays as it is
}

TEST(CatalogueWatch, SeesFilesInFoldersMadeLater) {
    Fixture f;
    const CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    f.tree.write("firmware/gs_@_1/boot.bin", "x");
    EXPECT_TRUE(f.scans.wait_for(serves("gs_boot.bin_1")));
    f.tree.write("firmware/gs_@_2/boot.bin", "x");
    EXPECT_TRUE(f.scans.wait_for(serves("gs_boot.bin_2")));
    std::filesystem::remove_all(f.tree.path("firmware/gs_@_1"));
    EXPECT_TRUE(f.scans.wait_for(std::not_fn(serves("gs_boot.bin_1"))));
}

TEST(CatalogueWatch, SeesAFileRenamedIntoPlace) {
    Fixture f;
    f.tree.write("firmware/.a.bin.new-1", "x");
    const CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    EXPECT_EQ(f.in_use.get()->size(), 0U);
    std::filesystem::rename(f.tree.path("firmware/.a.bin.new-1"), f.tree.path("firmware/a.bin"));
    EXPECT_TRUE(f.scans.wait_for(serves("a.bin")));
}

TEST(CatalogueWatch, KeepsTheCatalogueWhenANewGenerationIsBrokenAndRecovers) {
    Fixture f;
    f.tree.write("generations/1/@/old", "x");
    f.tree.write("generations/2/manifest", "rubbish");
    f.tree.write("generations/3/@/new", "x");
    f.tree.switch_to("1");
    CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    f.tree.switch_to("2");
    watch.rescan();
    EXPECT_NE(f.in_use.get()->find("old"), nullptr);
    f.tree.switch_to("3");
    EXPECT_TRUE(f.scans.wait_for(serves("new")));
}

TEST(CatalogueWatch, FindsARootThatAppearsLater) {
    Fixture f;
    const std::string root = f.tree.path("srv");
    const CatalogueWatch watch(root, f.in_use, f.scans.callback(), quick);
    f.tree.write("srv/firmware/a.bin", "x");
    EXPECT_TRUE(f.scans.wait_for(serves("a.bin")));
}

TEST(CatalogueWatch, ScansWhenAsked) {
    Fixture f;
    CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), quick);
    watch.rescan();
    EXPECT_TRUE(f.scans.wait_for_count(2));
}

TEST(CatalogueWatch, ScansATreeThatNeverGetsQuiet) {
    Fixture f;
    const WatchTiming timing{std::chrono::hours(1), std::chrono::milliseconds(1),
                             std::chrono::hours(1)};
    const CatalogueWatch watch(f.tree.path(), f.in_use, f.scans.callback(), timing);
    for (int number = 0; f.in_use.get()->size() == 0 && number < 100000; ++number)
        f.tree.write("firmware/" + std::to_string(number), "x");
    EXPECT_GT(f.in_use.get()->size(), 0U);
}

} // namespace
} // namespace plugtone::tftpd
