#include "agent/firmware/archive.hpp"

#include <array>
#include <map>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/base/fd.hpp"
#include "tests/unit/core/temp_folder.hpp"
#include "tests/unit/firmware/made_archive.hpp"

namespace plugtone {
namespace {

using test::made_archive;
using test::MadeEntry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

// Keeps what it is given.
class Kept final : public ArchiveTaker {
public:
    bool wants(const std::string& name) override { return name.ends_with(".bin"); }
    Done begin(const std::string& name) override {
        open_ = name;
        files[name];
        return {};
    }
    Done take(ByteView bytes) override {
        files[open_] += as_text(bytes);
        return {};
    }
    Done end() override {
        ++ended;
        return {};
    }
    Done progress(std::uint64_t done, std::uint64_t total) override {
        EXPECT_LE(done, total);
        return cancelled ? Done(fail("cancelled")) : Done{};
    }

    std::map<std::string, std::string> files;
    int ended = 0;
    bool cancelled = false;

private:
    std::string open_;
};

std::string refusal(const Bytes& bytes, const ArchiveLimits& limits = {}) {
    Kept kept;
    const auto read = read_archive(bytes, limits, kept);
    return read ? "taken" : read.error().message;
}

std::string refusal_of(const MadeEntry& bad, const std::string& format = "tar") {
    return refusal(made_archive(format, {{"good.bin", "x"}, bad}));
}

TEST(ReadArchive, TakesFirmwareOutOfEveryUsualForm) {
    for (const char* format : {"zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"}) {
        Kept kept;
        const auto left_out = read_archive(
            made_archive(format, {{"Release_1.0/", "", AE_IFDIR},
                                  {"Release_1.0/gxp2160fw.bin", std::string(200'000, 'f')},
                                  {"./boot.bin", "b"},
                                  {"Release_1.0/notes.pdf", "read me"}}),
            {}, kept);
        ASSERT_TRUE(left_out) << format << ": " << left_out.error().message;
        EXPECT_THAT(kept.files, ElementsAre(Pair("boot.bin", "b"),
                                            Pair("gxp2160fw.bin", std::string(200'000, 'f'))));
        EXPECT_EQ(kept.ended, 2);
        EXPECT_THAT(*left_out, ElementsAre("Release_1.0/notes.pdf"));
    }
}

TEST(ReadArchive, RefusesNamesThatLeadElsewhere) {
    for (const char* format : {"tar", "zip"}) {
        EXPECT_THAT(refusal_of({"/etc/x.bin", "x"}, format), HasSubstr("absolute name"));
        EXPECT_THAT(refusal_of({"../x.bin", "x"}, format), HasSubstr("'..' in the name"));
        EXPECT_THAT(refusal_of({"a/../../x.bin", "x"}, format), HasSubstr("'..' in the name"));
        EXPECT_THAT(refusal_of({"..", "x"}, format), HasSubstr("'..' in the name"));
        EXPECT_THAT(refusal_of({"C:x.bin", "x"}, format), HasSubstr("colon"));
        EXPECT_THAT(refusal_of({"a\nb.bin", "x"}, format), HasSubstr("control character"));
    }
    EXPECT_THAT(refusal_of({"..\\x.bin", "x"}), HasSubstr("backslash"));
    EXPECT_THAT(refusal_of({"..\\x.bin", "x"}, "zip"), HasSubstr("'..' in the name"))
        << "what a zip means by it";
    EXPECT_THAT(refusal_of({"../notes.txt", "x"}), HasSubstr("entry '../notes.txt'"))
        << "not only what would be taken";
}

TEST(ReadArchive, RefusesWhatIsNoFile) {
    EXPECT_THAT(refusal_of({"x.bin", "", AE_IFLNK, "/etc/shadow"}), HasSubstr("a link"));
    EXPECT_THAT(refusal_of({"x.bin", "", AE_IFLNK, "y"}, "zip"), HasSubstr("a link"));
    EXPECT_THAT(refusal_of({"x.bin", "", AE_IFREG, "", "good.bin"}), HasSubstr("a link"));
    for (const unsigned kind : {AE_IFCHR, AE_IFBLK, AE_IFIFO})
        EXPECT_THAT(refusal_of({"x.bin", "", kind}), HasSubstr("neither a file nor a folder"));
}

TEST(ReadArchive, RefusesTwoFilesOfOneName) {
    EXPECT_THAT(refusal_of({"other/good.bin", "y"}), HasSubstr("a second file good.bin"));
}

TEST(ReadArchive, RefusesConfigurationFiles) {
    EXPECT_THAT(refusal_of({"cfg000b82123456.bin", "x"}), HasSubstr("is a configuration file's"));
    EXPECT_THAT(refusal_of({"a b.bin", "x"}), HasSubstr("want 1 to 64 letters"));
    EXPECT_THAT(refusal_of({".x.bin", "x"}), HasSubstr("want 1 to 64 letters"));
}

TEST(ReadArchive, RefusesBombs) {
    const std::string zeros(std::size_t{20} << 20U, '\0');
    for (const char* format : {"zip", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"}) {
        EXPECT_THAT(refusal(made_archive(format, {{"x.bin", zeros}})),
                    HasSubstr("over 100 times the archive's size"))
            << format;
        EXPECT_THAT(refusal(made_archive(format, {{"x.bin", "x"}, {"notes.txt", zeros}})),
                    HasSubstr("over 100 times the archive's size"))
            << format << ": left out, but read";
    }
}

TEST(ReadArchive, RefusesMoreThanTheLimits) {
    ArchiveLimits limits;
    limits.unpacked_size_max = 10'000;
    EXPECT_THAT(refusal(made_archive("tar", {{"x.bin", std::string(8000, 'x')},
                                             {"y.bin", std::string(8000, 'x')}}),
                        limits),
                HasSubstr("larger than 10000 bytes"));
    limits = {};
    limits.entries_max = 2;
    EXPECT_THAT(
        refusal(made_archive("tar", {{"a.bin", "x"}, {"b", "", AE_IFDIR}, {"c.bin", "x"}}), limits),
        HasSubstr("at most 2 entries"));
    EXPECT_THAT(refusal_of({std::string(513, 'n') + ".bin", "x"}), HasSubstr("1 to 512 bytes"));
}

TEST(ReadArchive, RefusesWhatIsNoneOrDamaged) {
    EXPECT_THAT(refusal(Bytes(5000, 'x')), HasSubstr("no zip or tar"));
    EXPECT_THAT(refusal(made_archive("tar", {{"notes.pdf", "x"}})),
                HasSubstr("no firmware in it, only notes.pdf"));
    Bytes cut = made_archive("tar.gz", {{"x.bin", "content"}});
    cut.resize(cut.size() / 2);
    EXPECT_NE(refusal(cut), "taken");
}

TEST(ReadArchive, EndsWhenTheTakerWantsNoMore) {
    Kept kept;
    kept.cancelled = true;
    const auto read = read_archive(made_archive("zip", {{"x.bin", "x"}}), {}, kept);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("cancelled"));
}

class ReadFile : public testing::Test {
protected:
    Fd opened(std::string_view content) {
        return Fd(::open(folder_.write("f", content).c_str(), O_RDONLY | O_CLOEXEC));
    }
    test::TempFolder folder_;
    Kept kept_;
};

TEST_F(ReadFile, BeginsAtTheBeginningWhereverTheDescriptorStands) {
    const Bytes archive = made_archive("zip", {{"x.bin", "content"}});
    const Fd file = opened(as_text(archive));
    ::lseek(file.get(), 10, SEEK_SET);
    ASSERT_TRUE(read_archive(file.get(), {}, kept_));
    EXPECT_EQ(kept_.files["x.bin"], "content");
}

TEST_F(ReadFile, TakesABareFileAsItStands) {
    const Fd file = opened("\x1f\x8bno archive, whatever it begins with");
    ASSERT_TRUE(read_bare(file.get(), "gxp2160fw.bin", {}, kept_));
    EXPECT_EQ(kept_.files["gxp2160fw.bin"], "\x1f\x8bno archive, whatever it begins with");
    EXPECT_EQ(kept_.ended, 1);
    EXPECT_FALSE(read_bare(file.get(), "../x.bin", {}, kept_));
}

TEST_F(ReadFile, RefusesWhatIsNoFileOrTooLarge) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const Fd reads(pipe[0]), writes(pipe[1]);
    const auto refused = read_archive(reads.get(), {}, kept_);
    EXPECT_THAT(refused.error().message, HasSubstr("want a file, not a folder, pipe or device"));
    ArchiveLimits limits;
    limits.archive_size_max = 3;
    EXPECT_THAT(read_bare(opened("four").get(), "x.bin", limits, kept_).error().message,
                HasSubstr("want 1 to 3 bytes, got 4"));
    EXPECT_THAT(read_bare(opened("").get(), "x.bin", {}, kept_).error().message,
                HasSubstr("got 0"));
}

} // namespace
} // namespace plugtone
