#include "agent/secret_box.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <gmock/gmock.h>

#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

using testing::HasSubstr;

SecretBox box_of(char filling) {
    return SecretBox(Secret(std::string(SecretBox::key_size, filling)));
}

TEST(SecretBox, OpensWhatItSealed) {
    const SecretBox box = box_of('k');
    for (const std::string& plain :
         {std::string(), std::string("x"), std::string(8192, 'v'), std::string("\0\xff\n", 3)}) {
        const auto sealed = box.seal(plain, "000b82123456 P34");
        ASSERT_TRUE(sealed);
        const auto opened = box.open(*sealed, "000b82123456 P34");
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_EQ(opened->reveal(), plain);
    }
}

TEST(SecretBox, SealedTextHidesThePlainOneAndDiffersEachTime) {
    const SecretBox box = box_of('k');
    const auto first = box.seal("swordfish", "c");
    const auto second = box.seal("swordfish", "c");
    ASSERT_TRUE(first && second);
    EXPECT_EQ(as_text(*first).find("swordfish"), std::string_view::npos);
    EXPECT_NE(*first, *second);
    EXPECT_NE(Bytes(first->begin(), first->begin() + 12),
              Bytes(second->begin(), second->begin() + 12))
        << "a nonce must never serve twice";
}

TEST(SecretBox, DoesNotOpenUnderAnotherKey) {
    const auto sealed = box_of('k').seal("value", "c");
    const auto refused = box_of('l').open(*sealed, "c");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
}

TEST(SecretBox, DoesNotOpenInAnotherContextSoThatAValueCannotBeMoved) {
    const SecretBox box = box_of('k');
    const auto sealed = box.seal("value", "000b82123456 P34");
    const auto refused = box.open(*sealed, "000b82123457 P34");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
    EXPECT_THAT(refused.error().message, HasSubstr("000b82123457 P34"));
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("value of value")));
}

TEST(SecretBox, DoesNotOpenWhatWasCutOffOrChanged) {
    const SecretBox box = box_of('k');
    const auto sealed = box.seal("value", "c");
    ASSERT_TRUE(sealed);
    for (std::size_t size = 0; size < sealed->size(); ++size)
        EXPECT_FALSE(box.open(ByteView(*sealed).first(size), "c")) << size;
    for (std::size_t at = 0; at < sealed->size(); ++at) {
        Bytes changed = *sealed;
        changed[at] ^= 1U;
        EXPECT_FALSE(box.open(changed, "c")) << at;
    }
}

class KeyFile : public testing::Test {
protected:
    test::TempFolder folder_;
    std::string path_ = folder_.path("master.key");
};

TEST_F(KeyFile, IsMadeOnceAndForTheOwnerOnly) {
    const auto made = SecretBox::from_file(path_);
    ASSERT_TRUE(made) << made.error().message;
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
    EXPECT_EQ(status.st_size, static_cast<off_t>(SecretBox::key_size));

    const auto sealed = made->seal("value", "c");
    const auto again = SecretBox::from_file(path_);
    ASSERT_TRUE(again) << again.error().message;
    const auto opened = again->open(*sealed, "c");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), "value");
}

TEST_F(KeyFile, EachNewOneIsRandom) {
    ASSERT_TRUE(SecretBox::from_file(path_));
    ASSERT_TRUE(SecretBox::from_file(folder_.path("other.key")));
    EXPECT_NE(test::content_of(path_), test::content_of(folder_.path("other.key")));
    EXPECT_NE(test::content_of(path_), std::string(SecretBox::key_size, '\0'));
}

TEST_F(KeyFile, IsRefusedWhenOthersMayReadIt) {
    folder_.write("master.key", std::string(SecretBox::key_size, 'k'));
    for (const mode_t mode : {0640U, 0604U, 0666U}) {
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
        const auto refused = SecretBox::from_file(path_);
        ASSERT_FALSE(refused) << mode;
        EXPECT_EQ(refused.error().kind, ErrorKind::refused);
        EXPECT_THAT(refused.error().message, HasSubstr("chmod 600"));
    }
    ASSERT_EQ(::chmod(path_.c_str(), 0400), 0);
    EXPECT_TRUE(SecretBox::from_file(path_));
}

// As systemd hands a credential to a service that is not root: one more user in an access list,
// whose mask stands where the group's bits are.
TEST_F(KeyFile, WithAnAccessListIsTakenUnlessAllMayReadIt) {
    folder_.write("master.key", std::string(SecretBox::key_size, 'k'));
    const auto put_list = [this](std::uint8_t for_all) {
        // linux/posix_acl_xattr.h: version 2, then tag, permissions, id, little endian.
        const Bytes list = {2,   0,    0,   0,    0x01, 0,       4,    0,   255, 255, 255,
                            255, 0x02, 0,   4,    0,    1,       0,    0,   0,   4,   0,
                            0,   0,    255, 255,  255,  255,     0x10, 0,   4,   0,   255,
                            255, 255,  255, 0x20, 0,    for_all, 0,    255, 255, 255, 255};
        return ::setxattr(path_.c_str(), "system.posix_acl_access", list.data(), list.size(), 0);
    };
    if (put_list(0) != 0)
        GTEST_SKIP() << "this file system has no access lists";
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    ASSERT_EQ(status.st_mode & 0777U, 0440U);
    const auto taken = SecretBox::from_file(path_);
    EXPECT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(put_list(4), 0);
    EXPECT_FALSE(SecretBox::from_file(path_));
}

TEST_F(KeyFile, OfAnotherSizeIsRefusedAndLeftAsItIs) {
    for (const std::size_t size : {0U, 31U, 33U}) {
        const std::string content(size, 'k');
        folder_.write("master.key", content);
        ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
        const auto refused = SecretBox::from_file(path_);
        ASSERT_FALSE(refused) << size;
        EXPECT_THAT(refused.error().message, HasSubstr(path_));
        EXPECT_EQ(test::content_of(path_), content);
    }
}

TEST_F(KeyFile, ThatCannotBeMadeIsAnError) {
    const auto refused = SecretBox::from_file(folder_.path("none/master.key"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("none/master.key"));
}

} // namespace
} // namespace plugtone
