#include "tftpd/file_content.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

struct Fixture {
    SharedContent open(const std::string& name) {
        const auto content = cache.open(catalogue, *catalogue->find(name));
        EXPECT_TRUE(content);
        return content.value_or(nullptr);
    }
    void scan() {
        catalogue = std::make_shared<const Catalogue>(Catalogue::build(tree.path()).value());
    }
    // As if it had been written long ago; the status' time cannot be set.
    void wait_until_settled(const std::string& name) {
        while (!open(name)->is_settled()) {
        }
    }
    TemporaryTree tree;
    std::shared_ptr<const Catalogue> catalogue;
    ContentCache cache;
};

std::string text_of(const SharedContent& content) {
    return std::string(as_text(content->bytes().value()));
}

TEST(FileContent, ReadersOfALargeFileShareOneMapping) {
    Fixture f;
    f.tree.write("firmware/large", std::string(100000, 'x'));
    f.scan();
    f.wait_until_settled("large");
    const auto first = f.open("large");
    EXPECT_EQ(f.open("large"), first);
    EXPECT_FALSE(first->is_in_memory());
    EXPECT_EQ(text_of(first), std::string(100000, 'x'));
}

TEST(FileContent, GivesOutNothingThatWasReplacedRemovedOrWrittenOver) {
    Fixture f;
    f.tree.write("firmware/a", "old");
    f.scan();
    f.wait_until_settled("a");
    EXPECT_EQ(f.open("a"), f.open("a"));
    f.tree.write("firmware/new", "replaced");
    std::filesystem::rename(f.tree.path("firmware/new"), f.tree.path("firmware/a"));
    EXPECT_EQ(text_of(f.open("a")), "replaced");
    f.tree.write("firmware/a", "over");
    EXPECT_EQ(text_of(f.open("a")), "over");
    std::filesystem::remove(f.tree.path("firmware/a"));
    EXPECT_FALSE(f.cache.open(f.catalogue, *f.catalogue->find("a")));
}

TEST(FileContent, TellsWhenALargeFileWasWrittenTo) {
    Fixture f;
    f.tree.write("firmware/large", std::string(100000, 'x'));
    f.scan();
    const auto content = f.open("large");
    EXPECT_TRUE(content->check_unchanged());
    f.tree.write("firmware/large", std::string(100000, 'y'));
    EXPECT_FALSE(content->check_unchanged());
}

TEST(Netascii, TranslatesLineEnds) {
    using namespace std::string_literals;
    EXPECT_EQ(as_text(to_netascii(as_bytes("a\nb\r\n"))), "a\r\nb\r\0\r\n"s);
    EXPECT_TRUE(to_netascii({}).empty());
}

} // namespace
} // namespace plugtone::tftpd
