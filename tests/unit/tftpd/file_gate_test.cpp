#include "tftpd/file_gate.hpp"

#include <gtest/gtest.h>

#include "core/contracts/bindings.hpp"
#include "temporary_tree.hpp"

namespace plugtone::tftpd {
namespace {

const Mac phone = Mac::parse("000b82000001").value();
const Mac other = Mac::parse("000b82000002").value();
const Ipv4 address{0xC0000205};

struct Fixture {
    Fixture() {
        tree.write("firmware/cfg000b82000001.xml", "private");
        tree.write("firmware/cfg.xml", "public");
        tree.folder("bindings");
        catalogue.set(std::make_shared<const Catalogue>(Catalogue::build(tree.path()).value()));
    }
    void lease(const Mac& mac) const {
        ASSERT_TRUE(write_binding(tree.path("bindings"), {address, mac, never_expires}));
    }

    TemporaryTree tree;
    CatalogueInUse catalogue;
    std::optional<Mac> neighbour;
    FileGate gate{catalogue, tree.path("bindings"),
                  [this](const Ipv4&) { return Result<std::optional<Mac>>(neighbour); }};
};

TEST(FileGate, OpensAPublicFileForAnybody) {
    Fixture f;
    const Passage passage = f.gate.ask("//cfg.xml", Asker{address});
    EXPECT_EQ(passage.answer, Answer::granted);
    EXPECT_EQ(passage.name, "cfg.xml");
    ASSERT_TRUE(passage.file);
    EXPECT_EQ(passage.file->size(), 6U);
    EXPECT_FALSE(passage.mac);
}

TEST(FileGate, OpensAPrivateFileForTheLeasesHolder) {
    Fixture f;
    f.lease(phone);
    const Passage passage = f.gate.ask("cfg000b82000001.xml", Asker{address});
    EXPECT_EQ(passage.answer, Answer::granted);
    EXPECT_EQ(passage.mac, phone);
    EXPECT_EQ(passage.owner, phone);
}

TEST(FileGate, RefusesAPrivateFileToAnotherAndSaysWhoAsked) {
    Fixture f;
    f.lease(other);
    f.neighbour = phone;
    const Passage passage = f.gate.ask("cfg000b82000001.xml", Asker{address});
    EXPECT_EQ(passage.answer, Answer::refused);
    EXPECT_FALSE(passage.file);
    EXPECT_EQ(passage.mac, other);
    EXPECT_EQ(passage.owner, phone);
    EXPECT_EQ(passage.reason, "the address is leased to 000b82000002");
}

TEST(FileGate, AsksTheNeighbourTableWithoutALease) {
    Fixture f;
    EXPECT_EQ(f.gate.ask("cfg000b82000001.xml", Asker{address}).answer, Answer::refused);
    f.neighbour = phone;
    EXPECT_EQ(f.gate.ask("cfg000b82000001.xml", Asker{address}).answer, Answer::granted);
}

TEST(FileGate, RefusesWhenTheBindingIsGarbled) {
    Fixture f;
    f.neighbour = phone;
    f.tree.write("bindings/192.0.2.5", "garbled");
    EXPECT_EQ(f.gate.ask("cfg000b82000001.xml", Asker{address}).answer, Answer::refused);
    EXPECT_EQ(f.gate.ask("cfg.xml", Asker{address}).answer, Answer::granted);
}

TEST(FileGate, KnowsNoNamesThatLeaveTheTree) {
    Fixture f;
    for (const char* name : {"../bindings", "firmware/../../etc/passwd", "", "/", "a\\b"})
        EXPECT_EQ(f.gate.ask(name, Asker{address}).answer, Answer::absent) << name;
}

TEST(FileGate, AnswersAbsentWhenTheFileIsGoneSinceTheScan) {
    Fixture f;
    std::filesystem::remove(f.tree.path("firmware/cfg.xml"));
    EXPECT_EQ(f.gate.ask("cfg.xml", Asker{address}).answer, Answer::absent);
}

} // namespace
} // namespace plugtone::tftpd
