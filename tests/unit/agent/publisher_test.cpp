#include "agent/publisher.hpp"

#include <csignal>
#include <filesystem>

#include <sys/resource.h>

#include <gmock/gmock.h>

#include "core/formats/openssl_container.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

namespace fs = std::filesystem;

using test::content_of;
using test::inode_of;
using test::mac_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* device_path = "@/cfg000b82123456.xml";

Document clear_document(const std::string& path, const std::string& value) {
    Document document;
    document.paths = {path};
    document.content = GsDocument{std::nullopt, {{test::name_of("P64"), value}}};
    document.plain = render(document.content).value();
    return document;
}

Document plain_document(const std::string& value) {
    return clear_document("@/cfg.xml", value);
}

Document sealed_document(const std::string& value, const std::string& path = device_path) {
    Document document = clear_document(path, value);
    document.sealing = InContainer{Secret("Password1")};
    document.access = AccessRule::lease;
    document.owner = mac_of("000b82123456");
    return document;
}

std::string text_of(const Document& document) {
    return std::string(as_text(document.plain));
}

class PublisherTest : public testing::Test {
protected:
    PublisherTest() {
        const Done prepared = publisher_.prepare();
        if (!prepared)
            throw std::runtime_error(prepared.error().message);
    }
    std::string generation(Generation number, const std::string& file = "") const {
        return folder_.path("generations/" + std::to_string(number) + "/" + file);
    }
    Result<Publisher::Built> build(Generation number, const std::vector<Document>& documents,
                                   const std::vector<Generation>& also = {}) {
        auto build = publisher_.begin(number, Scope::all(), also);
        if (!build)
            return tl::unexpected(build.error());
        for (const Document& document : documents)
            if (auto added = build->add(document); !added)
                return tl::unexpected(added.error());
        return publisher_.finish(*std::move(build), false);
    }
    // Builds it and makes it the live one.
    Publisher::Built publish(Generation number, const std::vector<Document>& documents) {
        const auto built = build(number, documents);
        EXPECT_TRUE(built) << built.error().message;
        EXPECT_TRUE(publisher_.switch_to(number));
        return built.value_or(Publisher::Built{});
    }
    std::vector<std::string> generation_names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(folder_.path("generations")))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }

    test::TempFolder folder_;
    Publisher publisher_{folder_.path(), Sealer(test::test_box(), "")};
};

TEST_F(PublisherTest, PrepareMakesTheFoldersAndClearsWhatAnInterruptedBuildLeft) {
    folder_.write("generations/.new-7/@/cfg.xml", "half");
    folder_.write("generations/6/@/cfg.xml", "whole");
    ASSERT_TRUE(publisher_.prepare());
    EXPECT_THAT(generation_names(), ElementsAre("6"));
    EXPECT_TRUE(fs::is_directory(folder_.path("firmware")));
}

TEST_F(PublisherTest, PrepareSaysWhichFolderCannotBeMade) {
    const std::string file = folder_.write("file", "x");
    const auto refused = Publisher(file, Sealer(test::test_box(), "")).prepare();
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr(file));
}

TEST_F(PublisherTest, BuildsFilesAndAManifestThatAgree) {
    const auto built = build(1, {plain_document("auto"), sealed_document("secret")});
    ASSERT_TRUE(built) << built.error().message;
    EXPECT_EQ(built->written, 2U);
    EXPECT_FALSE(built->same_as_live);
    EXPECT_THAT(generation_names(), ElementsAre("1"));
    EXPECT_EQ(content_of(generation(1, "@/cfg.xml")), text_of(plain_document("auto")));
    const std::string sealed = content_of(generation(1, device_path));
    EXPECT_THAT(sealed, StartsWith("Salted__"));
    const auto opened = decrypt_container(as_bytes(sealed), Secret("Password1"), KeyDigest::md5);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(*opened), text_of(sealed_document("secret")));

    const auto manifest = decode_manifest(as_bytes(content_of(generation(1, "manifest"))));
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->size(), 2U);
    EXPECT_EQ(
        manifest->at(device_path),
        (ManifestEntry{sha256_hex(as_bytes(sealed)), AccessRule::lease, mac_of("000b82123456")}));
    EXPECT_EQ(manifest->at("@/cfg.xml").owner, std::nullopt);
    EXPECT_EQ(manifest->at("@/cfg.xml").access, AccessRule::open);
}

TEST_F(PublisherTest, TheManifestSaysWhatMustBeShownOverHttp) {
    Document document = sealed_document("secret");
    document.device_class = "gxp";
    document.http = make_credentials(HttpAuth::digest, "phone", Secret("password"));
    ASSERT_TRUE(build(1, {document}));
    const auto manifest = decode_manifest(as_bytes(content_of(generation(1, "manifest"))));
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->at(device_path).device_class, "gxp");
    EXPECT_EQ(manifest->at(device_path).http, document.http);
}

TEST_F(PublisherTest, FilesAreNotForEverybody) {
    ASSERT_TRUE(build(1, {sealed_document("secret")}));
    const auto others = fs::perms::others_all | fs::perms::group_write;
    EXPECT_EQ(fs::status(generation(1, device_path)).permissions() & others, fs::perms::none);
    EXPECT_EQ(fs::status(generation(1, "@")).permissions() & others, fs::perms::none);
    EXPECT_EQ(fs::status(generation(1)).permissions() & others, fs::perms::none);
}

TEST_F(PublisherTest, WithoutASaltThereIsNoHeader) {
    Document document = sealed_document("secret");
    document.sealing = InContainer{Secret("Password1"), KeyDigest::sha256, false};
    ASSERT_TRUE(build(1, {document}));
    const std::string sealed = content_of(generation(1, device_path));
    EXPECT_THAT(sealed, testing::Not(StartsWith("Salted__")));
    EXPECT_TRUE(decrypt_container(as_bytes(sealed), Secret("Password1"), KeyDigest::sha256));
}

TEST_F(PublisherTest, SwitchingMakesItLive) {
    EXPECT_EQ(publisher_.live(), std::nullopt);
    publish(1, {plain_document("a")});
    EXPECT_EQ(publisher_.live(), 1);
    EXPECT_EQ(fs::read_symlink(folder_.path("config")), "generations/1");
    EXPECT_EQ(content_of(folder_.path("config/@/cfg.xml")), text_of(plain_document("a")));
    ASSERT_TRUE(build(2, {plain_document("b")}));
    EXPECT_EQ(publisher_.live(), 1) << "building disturbs nobody";
    ASSERT_TRUE(publisher_.switch_to(2));
    EXPECT_EQ(content_of(folder_.path("config/@/cfg.xml")), text_of(plain_document("b")));
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 2));
}

TEST_F(PublisherTest, UnchangedDocumentsAreTheVeryFilesAndChangedOnesAreNot) {
    const Document same = sealed_document("same", "@/cfg000b82000001.xml");
    publish(1, {plain_document("a"), same, sealed_document("old")});
    const auto built = publish(2, {plain_document("a"), same, sealed_document("new")});
    EXPECT_EQ(built.written, 1U);
    EXPECT_FALSE(built.same_as_live);
    EXPECT_EQ(inode_of(generation(1, same.paths.front())),
              inode_of(generation(2, same.paths.front())));
    EXPECT_EQ(inode_of(generation(1, "@/cfg.xml")), inode_of(generation(2, "@/cfg.xml")));
    EXPECT_NE(inode_of(generation(1, device_path)), inode_of(generation(2, device_path)));
    EXPECT_NE(content_of(generation(1, device_path)).substr(8, 8),
              content_of(generation(2, device_path)).substr(8, 8))
        << "another plain text has another salt";
}

TEST_F(PublisherTest, AnotherPasswordFormatOrDigestIsAnotherFile) {
    const Document first = sealed_document("same");
    publish(1, {first});
    std::vector<Document> others(4, first);
    others[0].sealing = InContainer{Secret("Password2")};
    others[1].sealing = InClear{};
    others[2].sealing = InContainer{Secret("Password1"), KeyDigest::sha256};
    others[3].sealing = InContainer{Secret("Password1"), KeyDigest::md5, false};
    for (std::size_t index = 0; index < others.size(); ++index) {
        const auto built = build(2, {others[index]});
        ASSERT_TRUE(built) << index << " " << built.error().message;
        EXPECT_EQ(built->written, 1U) << index;
    }
}

TEST_F(PublisherTest, ADamagedFileIsNotTakenAgain) {
    publish(1, {plain_document("a"), sealed_document("x")});
    folder_.write("generations/1/" + std::string(device_path), "Salted__damaged");
    publisher_.inspect_live();
    const auto built = build(2, {plain_document("a"), sealed_document("x")});
    ASSERT_TRUE(built);
    EXPECT_EQ(built->written, 1U);
    EXPECT_FALSE(built->same_as_live);
}

TEST_F(PublisherTest, SaysWhenItIsWhatIsLiveAlready) {
    const std::vector<Document> documents = {plain_document("a"), sealed_document("x")};
    publish(1, documents);
    const auto same = build(2, documents);
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->same_as_live);
    EXPECT_EQ(same->written, 0U);
    std::vector<Document> open = documents;
    open[1].access = AccessRule::open;
    EXPECT_FALSE(build(2, open)->same_as_live) << "the access rule is part of it";
    EXPECT_FALSE(build(2, {plain_document("a")})->same_as_live) << "a file less";
}

TEST_F(PublisherTest, AFileMissingInTheLiveGenerationIsADifference) {
    publish(1, {plain_document("a"), sealed_document("x")});
    fs::remove(generation(1, "@/cfg.xml"));
    publisher_.inspect_live();
    const auto built = build(2, {plain_document("a"), sealed_document("x")});
    ASSERT_TRUE(built);
    EXPECT_EQ(built->written, 1U);
    EXPECT_FALSE(built->same_as_live);
}

TEST_F(PublisherTest, AnEarlierGenerationGivesItsFilesWhenAsked) {
    publish(1, {sealed_document("first")});
    publish(2, {sealed_document("second")});
    const auto built = build(3, {sealed_document("first")}, {1});
    ASSERT_TRUE(built);
    EXPECT_EQ(built->written, 0U);
    EXPECT_EQ(inode_of(generation(1, device_path)), inode_of(generation(3, device_path)));
}

TEST_F(PublisherTest, TwoDocumentsOfOneNameAreRefused) {
    publish(1, {plain_document("a")});
    const auto refused = build(2, {plain_document("a"), plain_document("a")});
    ASSERT_FALSE(refused);
    EXPECT_THAT(generation_names(), ElementsAre("1"));
    EXPECT_EQ(publisher_.live(), 1);
}

// A full disk is played by the limit of a file's size, which write() meets in the same way.
TEST_F(PublisherTest, AFullDiskLeavesNothingBehind) {
    publish(1, {plain_document("a")});
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto refused = build(2, {plain_document("b"), sealed_document(std::string(8000, 'x'))});
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_THAT(refused.error().message, HasSubstr("File too large"));
    EXPECT_THAT(generation_names(), ElementsAre("1"));
    EXPECT_EQ(publisher_.live(), 1);
    EXPECT_TRUE(build(2, {plain_document("b")})) << "the next one is not in its way";
}

TEST_F(PublisherTest, AFileWhereAFolderShouldBeLeavesNothingBehind) {
    Document clash = sealed_document("x", "@/cfg.xml/@/cfg000b82123456.xml");
    const auto refused = build(1, {plain_document("a"), clash});
    ASSERT_FALSE(refused);
    EXPECT_THAT(generation_names(), IsEmpty());
}

TEST_F(PublisherTest, ALinkThatCannotBeReplacedLeavesTheLiveOne) {
    fs::create_directories(folder_.path("config/inside"));
    ASSERT_TRUE(build(1, {plain_document("a")}));
    EXPECT_FALSE(publisher_.switch_to(1));
    EXPECT_TRUE(fs::is_directory(folder_.path("config/inside")));
    EXPECT_EQ(publisher_.live(), std::nullopt);
}

TEST_F(PublisherTest, RemovesOldGenerationsAndNeverTheLiveOne) {
    publish(1, {plain_document("a")});
    for (Generation number = 2; number <= 13; ++number)
        ASSERT_TRUE(build(number, {plain_document("a")}));
    publisher_.tidy();
    publisher_.settle();
    EXPECT_THAT(publisher_.kept(), ElementsAre(1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
    ASSERT_TRUE(publisher_.switch_to(13));
    publisher_.tidy();
    publisher_.settle();
    EXPECT_THAT(publisher_.kept(), ElementsAre(4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
    EXPECT_EQ(publisher_.kept().size(), Publisher::generations_kept);
}

TEST_F(PublisherTest, DiscardsOneGenerationAndNeverTheLiveOne) {
    publish(1, {plain_document("a")});
    ASSERT_TRUE(build(2, {plain_document("b")}));
    publisher_.discard(2);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1));
    publisher_.discard(1);
    EXPECT_THAT(publisher_.kept(), ElementsAre(1));
    EXPECT_EQ(content_of(folder_.path("config/@/cfg.xml")), text_of(plain_document("a")));
}

TEST_F(PublisherTest, ANumberThatWasBuiltAndNotUsedIsBuiltAnew) {
    publish(1, {plain_document("a")});
    ASSERT_TRUE(build(2, {plain_document("b"), sealed_document("x")}));
    ASSERT_TRUE(build(2, {plain_document("c")}));
    EXPECT_EQ(content_of(generation(2, "@/cfg.xml")), text_of(plain_document("c")));
    EXPECT_FALSE(fs::exists(generation(2, device_path)));
}

TEST_F(PublisherTest, DoesNotBuildOverTheLiveOne) {
    publish(1, {plain_document("a")});
    EXPECT_FALSE(build(1, {plain_document("b")}));
    EXPECT_EQ(content_of(folder_.path("config/@/cfg.xml")), text_of(plain_document("a")));
    EXPECT_THAT(generation_names(), ElementsAre("1"));
}

TEST_F(PublisherTest, CountsOnlyFoldersWithANumberAsGenerations) {
    publish(1, {plain_document("a")});
    fs::create_directories(folder_.path("generations/backup"));
    fs::create_directories(folder_.path("generations/.new-9"));
    EXPECT_THAT(publisher_.kept(), ElementsAre(1));
}

TEST_F(PublisherTest, SeveralNamesAreOneFile) {
    Document document = sealed_document("x");
    document.paths = {"gs_@/cfg000b82123456.xml", "@/cfg000b82123456.xml", "@/dev000b82123456.cfg"};
    const auto built = publish(1, {document});
    EXPECT_EQ(built.written, 1U);
    const ino_t file = inode_of(generation(1, document.paths.front()));
    ASSERT_NE(file, 0U);
    for (const std::string& path : document.paths)
        EXPECT_EQ(inode_of(generation(1, path)), file) << path;
    const auto manifest = decode_manifest(as_bytes(content_of(generation(1, "manifest"))));
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->size(), 3U);
    for (const std::string& path : document.paths)
        EXPECT_EQ(manifest->at(path), manifest->at(device_path)) << path;
}

TEST_F(PublisherTest, ANameMoreOrLessIsTheSameFileStill) {
    Document document = sealed_document("x");
    publish(1, {document});
    const ino_t file = inode_of(generation(1, device_path));
    document.paths = {"gs_@/cfg000b82123456.xml", device_path};
    const auto more = publish(2, {document});
    EXPECT_EQ(more.written, 0U);
    EXPECT_FALSE(more.same_as_live);
    EXPECT_EQ(inode_of(generation(2, "gs_@/cfg000b82123456.xml")), file);
    EXPECT_EQ(inode_of(generation(2, device_path)), file);
    document.paths = {"gs_@/cfg000b82123456.xml"};
    const auto fewer = publish(3, {document});
    EXPECT_EQ(fewer.written, 0U);
    EXPECT_FALSE(fewer.same_as_live);
    EXPECT_EQ(inode_of(generation(3, "gs_@/cfg000b82123456.xml")), file);
    EXPECT_FALSE(fs::exists(generation(3, "@"))) << "a folder without files is gone";
}

// Sealed one by one they have two salts, and so two sums in the manifest.
TEST_F(PublisherTest, TwoFilesThatBecomeOneAreOne) {
    publish(1, {sealed_document("x"), sealed_document("x", "@/dev000b82123456.cfg")});
    Document both = sealed_document("x");
    both.paths = {device_path, "@/dev000b82123456.cfg"};
    publish(2, {both});
    const auto manifest = decode_manifest(as_bytes(content_of(generation(2, "manifest"))));
    ASSERT_TRUE(manifest);
    for (const std::string& path : both.paths)
        EXPECT_EQ(manifest->at(path).sha256, sha256_hex(as_bytes(content_of(generation(2, path)))))
            << path;
}

TEST_F(PublisherTest, AScopeOfOneDeviceLeavesTheFilesOfTheOthers) {
    const std::string others_path = "@/cfg000b82000001.xml";
    Document others = sealed_document("others", others_path);
    others.owner = mac_of("000b82000001");
    publish(1, {plain_document("a"), others, sealed_document("old")});
    auto build = publisher_.begin(2, Scope::of(mac_of("000b82123456")));
    ASSERT_TRUE(build);
    ASSERT_TRUE(build->add(plain_document("b")));
    ASSERT_TRUE(build->add(sealed_document("new")));
    const auto built = publisher_.finish(*std::move(build), true);
    ASSERT_TRUE(built) << built.error().message;
    EXPECT_EQ(built->written, 2U);
    ASSERT_TRUE(publisher_.switch_to(2));
    EXPECT_EQ(inode_of(generation(2, others_path)), inode_of(generation(1, others_path)));
    EXPECT_EQ(publisher_.live_contents().at(others_path).entry.owner, mac_of("000b82000001"));
    EXPECT_NE(inode_of(generation(2, device_path)), inode_of(generation(1, device_path)));
    EXPECT_EQ(content_of(generation(2, "@/cfg.xml")), text_of(plain_document("b")));
}

TEST_F(PublisherTest, WhatIsInTheScopeAndNotAddedIsGone) {
    Document others = sealed_document("others", "@/cfg000b82000001.xml");
    others.owner = mac_of("000b82000001");
    publish(1, {plain_document("a"), others, sealed_document("x")});
    auto build = publisher_.begin(2, Scope::of(mac_of("000b82123456")));
    ASSERT_TRUE(build);
    const auto built = publisher_.finish(*std::move(build), true);
    ASSERT_TRUE(built);
    EXPECT_THAT(test::files_below(generation(2, "@")),
                ElementsAre(testing::Key("cfg000b82000001.xml")));
}

TEST_F(PublisherTest, WhatIsTheSameIsNotNamedIfSoWished) {
    publish(1, {plain_document("a")});
    auto build = publisher_.begin(2, Scope::all());
    ASSERT_TRUE(build);
    ASSERT_TRUE(build->add(plain_document("a")));
    const auto built = publisher_.finish(*std::move(build), true);
    ASSERT_TRUE(built);
    EXPECT_TRUE(built->same_as_live);
    EXPECT_THAT(generation_names(), ElementsAre("1"));
}

TEST_F(PublisherTest, ABuildThatIsGivenUpLeavesNothingBehind) {
    publish(1, {plain_document("a")});
    {
        auto build = publisher_.begin(2, Scope::all());
        ASSERT_TRUE(build);
        ASSERT_TRUE(build->add(plain_document("b")));
        EXPECT_THAT(generation_names(), ElementsAre(".new-2", "1"));
    }
    EXPECT_THAT(generation_names(), ElementsAre("1"));
    EXPECT_EQ(content_of(folder_.path("config/@/cfg.xml")), text_of(plain_document("a")));
}

TEST_F(PublisherTest, TheNextBuildStandsOnTheGroundThatWasPrepared) {
    const std::vector<Document> documents = {plain_document("a"), sealed_document("x")};
    publish(1, documents);
    publisher_.tidy();
    publisher_.settle();
    EXPECT_THAT(generation_names(), ElementsAre(".new-next", "1"));
    const ino_t ground = inode_of(folder_.path("generations/.new-next"));
    const auto same = build(2, documents);
    ASSERT_TRUE(same) << same.error().message;
    EXPECT_TRUE(same->same_as_live);
    EXPECT_EQ(same->written, 0U);
    EXPECT_EQ(inode_of(generation(2)), ground);
    EXPECT_THAT(generation_names(), ElementsAre("1", "2"));
    EXPECT_EQ(inode_of(generation(2, device_path)), inode_of(generation(1, device_path)));
}

TEST_F(PublisherTest, GroundOfAnotherGenerationIsNotTaken) {
    publish(1, {plain_document("a"), sealed_document("x")});
    ASSERT_TRUE(build(2, {plain_document("b")}));
    publisher_.tidy(); // while 1 is live
    ASSERT_TRUE(publisher_.switch_to(2));
    const auto built = build(3, {plain_document("b")});
    ASSERT_TRUE(built) << built.error().message;
    EXPECT_TRUE(built->same_as_live);
    EXPECT_FALSE(fs::exists(generation(3, device_path)));
    EXPECT_EQ(content_of(generation(3, "@/cfg.xml")), text_of(plain_document("b")));
    EXPECT_THAT(generation_names(), ElementsAre("1", "2", "3"));
}

TEST_F(PublisherTest, GroundThatMayHoldADamagedFileIsNotTaken) {
    publish(1, {plain_document("a"), sealed_document("x")});
    publisher_.tidy();
    folder_.write("generations/1/" + std::string(device_path), "Salted__damaged");
    publisher_.inspect_live();
    EXPECT_THAT(generation_names(), ElementsAre("1"));
    EXPECT_EQ(publisher_.live_contents().count(device_path), 0U);
    EXPECT_EQ(publisher_.live_contents().count("@/cfg.xml"), 1U);
    publish(2, {plain_document("a"), sealed_document("x")});
    EXPECT_NE(inode_of(generation(2, device_path)), inode_of(generation(1, device_path)));
    EXPECT_EQ(inode_of(generation(2, "@/cfg.xml")), inode_of(generation(1, "@/cfg.xml")));
}

TEST_F(PublisherTest, WhichDocumentsTheFilesHoldIsForTheOwnerOnly) {
    publish(1, {plain_document("a"), sealed_document("x")});
    EXPECT_EQ(fs::status(generation(1, ".documents")).permissions(),
              fs::perms::owner_read | fs::perms::owner_write);
    const std::string documents = content_of(generation(1, ".documents"));
    EXPECT_THAT(documents, HasSubstr(" @/cfg.xml\n"));
    EXPECT_THAT(documents, HasSubstr(" " + std::string(device_path) + "\n"));
}

TEST_F(PublisherTest, WithoutKnowingTheirDocumentsFilesAreMadeAnew) {
    const std::vector<Document> documents = {plain_document("a"), sealed_document("x")};
    Generation number = 1;
    publish(number, documents);
    for (const char* damage : {"rubbish", "", "\n\n \n", "0123 @/cfg.xml", "\xff @/cfg.xml\n"}) {
        folder_.write("generations/" + std::to_string(number) + "/.documents", damage);
        publisher_.inspect_live();
        const auto built = publish(++number, documents);
        EXPECT_EQ(built.written, 2U) << damage;
        EXPECT_FALSE(built.same_as_live);
    }
    fs::remove(generation(number, ".documents"));
    publisher_.inspect_live();
    EXPECT_EQ(publish(++number, documents).written, 2U);
    EXPECT_TRUE(build(number + 1, documents)->same_as_live);
}

TEST_F(PublisherTest, AManifestThatCannotBeReadMeansThatAllIsMadeAnew) {
    const std::vector<Document> documents = {plain_document("a"), sealed_document("x")};
    publish(1, documents);
    folder_.write("generations/1/manifest", "rubbish");
    publisher_.inspect_live();
    EXPECT_THAT(publisher_.live_contents(), IsEmpty());
    EXPECT_EQ(publish(2, documents).written, 2U);
}

TEST_F(PublisherTest, TheLiveGenerationIsKnownAfterARestart) {
    const std::vector<Document> documents = {plain_document("a"), sealed_document("x")};
    publish(1, documents);
    Publisher again(folder_.path(), Sealer(test::test_box(), ""));
    ASSERT_TRUE(again.prepare());
    EXPECT_EQ(again.live_contents(), publisher_.live_contents());
}

TEST_F(PublisherTest, FilesAreLookedAtLittleByLittleAndWhoseAreBadIsTold) {
    publish(1, {plain_document("a"), sealed_document("x")});
    Publisher again(folder_.path(), Sealer(test::test_box(), ""));
    ASSERT_TRUE(again.prepare());
    folder_.write("generations/1/" + std::string(device_path), "Salted__damaged");
    EXPECT_TRUE(again.inspect_some(std::chrono::milliseconds(0)));
    EXPECT_FALSE(again.take_broken());
    while (again.inspect_some(std::chrono::milliseconds(0))) {
    }
    const auto broken = again.take_broken();
    ASSERT_TRUE(broken);
    EXPECT_EQ(broken->devices, std::set{mac_of("000b82123456")});
    EXPECT_FALSE(broken->everything);
    EXPECT_EQ(again.live_contents().count(device_path), 0U);
    EXPECT_FALSE(again.take_broken()) << "it is told once";
}

TEST_F(PublisherTest, ADigestIsOneGenerations) {
    publish(1, {sealed_document("x")});
    const std::string first = publisher_.digest_of(1);
    EXPECT_FALSE(first.empty());
    Publisher again(folder_.path(), Sealer(test::test_box(), ""));
    EXPECT_EQ(again.digest_of(1), first);
    EXPECT_EQ(again.digest_of(2), "");
    fs::remove(generation(1, ".documents")); // so that it is sealed anew
    publisher_.inspect_live();
    publish(2, {sealed_document("x")});
    EXPECT_NE(publisher_.digest_of(2), first) << "another salt";
}

TEST_F(PublisherTest, AnEarlierFileThatIsDamagedIsNotTakenBack) {
    publish(1, {sealed_document("first")});
    publish(2, {sealed_document("second")});
    folder_.write("generations/1/" + std::string(device_path), "Salted__damaged");
    const auto built = build(3, {sealed_document("first")}, {1});
    ASSERT_TRUE(built);
    EXPECT_EQ(built->written, 1U);
}

} // namespace
} // namespace plugtone
