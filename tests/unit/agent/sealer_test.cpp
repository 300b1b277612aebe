#include "agent/sealer.hpp"

#include <set>

#include <gmock/gmock.h>

#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::mac_of;
using test::name_of;
using testing::HasSubstr;

Document document_of(DocumentContent content) {
    Document document;
    document.paths = {"@/cfg000b82123456.xml"};
    document.content = std::move(content);
    document.plain = render(document.content).value();
    return document;
}

Document clear_document(const std::string& value = "auto") {
    return document_of(GsDocument{mac_of("000b82123456"), {{name_of("P64"), value}}});
}

Document sealed_document(const InContainer& container, const std::string& value = "auto") {
    Document document = clear_document(value);
    document.sealing = container;
    return document;
}

Document encoder_document(const std::string& class_name, const char* mac) {
    Document document = document_of(TextTemplate{{{name_of("P64"), "auto"}}});
    document.sealing = ByEncoder{class_name, mac_of(mac)};
    return document;
}

class SealerTest : public testing::Test {
protected:
    Sealer sealer_{test::test_box(), ""};
};

TEST_F(SealerTest, TheSameDocumentHasTheSameKeyWhateverItsNamesAndItsSalt) {
    const Document document = sealed_document(InContainer{Secret("Password1")});
    Document elsewhere = document;
    elsewhere.paths = {"gs_@/dev000b82123456.cfg"};
    const std::string key = sealer_.key_of(document);
    EXPECT_EQ(sealer_.key_of(elsewhere), key);
    EXPECT_EQ(Sealer(test::test_box(), "/other").key_of(document), key);
    EXPECT_NE(*sealer_.seal(document), *sealer_.seal(document)) << "each time another salt";
    EXPECT_NE(Sealer(test::test_box('x'), "").key_of(document), key)
        << "without the master key nobody can tell what has this key";
    EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
}

TEST_F(SealerTest, AnotherPasswordDigestSaltSealingOrContentIsAnotherKey) {
    const std::vector<Document> documents = {
        sealed_document(InContainer{Secret("Password1")}),
        sealed_document(InContainer{Secret("Password2")}),
        sealed_document(InContainer{Secret("Password1"), KeyDigest::sha256}),
        sealed_document(InContainer{Secret("Password1"), KeyDigest::md5, false}),
        sealed_document(InContainer{Secret("Password1")}, "other"),
        clear_document(),
        clear_document("other"),
        encoder_document("ht", "000b82123456"),
        encoder_document("gxp", "000b82123456"),
        encoder_document("ht", "000b82123457"),
    };
    std::set<std::string> keys;
    for (const Document& document : documents)
        keys.insert(sealer_.key_of(document));
    EXPECT_EQ(keys.size(), documents.size());
}

// The plain text begins where the password ends, and could take a part of it over.
TEST_F(SealerTest, WherePasswordAndContentMeetMakesADifference) {
    Document first = sealed_document(InContainer{Secret("ab")});
    first.plain = {'c'};
    Document second = sealed_document(InContainer{Secret("a")});
    second.plain = {'b', 'c'};
    EXPECT_NE(sealer_.key_of(first), sealer_.key_of(second));
}

TEST_F(SealerTest, WhatItSealedIsGood) {
    const GsBinary binary{mac_of("000b82123456"), {{name_of("P64"), "auto"}}};
    const std::vector<Document> documents = {
        clear_document(),
        sealed_document(InContainer{Secret("Password1")}),
        sealed_document(InContainer{Secret("Password1"), KeyDigest::sha256, false}),
        document_of(BinaryFile{binary, "0b82"}),
        document_of(TextTemplate{{{name_of("P64"), "auto"}}}),
        document_of(GsAliasDocument{std::nullopt, {{"network.timezone", "auto"}}}),
        document_of(VendorFile{encode_gs_binary(binary).value()}),
    };
    for (const Document& document : documents) {
        const auto sealed = sealer_.seal(document);
        ASSERT_TRUE(sealed) << sealed.error().message;
        const Done good = sealer_.check(document, *sealed);
        EXPECT_TRUE(good) << good.error().message;
        EXPECT_EQ(*sealed == document.plain, std::holds_alternative<InClear>(document.sealing));
    }
}

TEST_F(SealerTest, ACheckRefusesAnyByteThatChanged) {
    const std::vector<Document> documents = {
        clear_document(),
        sealed_document(InContainer{Secret("Password1")}),
        sealed_document(InContainer{Secret("Password1"), KeyDigest::md5, false}),
    };
    for (const Document& document : documents) {
        const Bytes sealed = sealer_.seal(document).value();
        for (std::size_t at = 0; at < sealed.size(); ++at) {
            Bytes changed = sealed;
            changed[at] ^= 1U;
            const Done refused = sealer_.check(document, changed);
            ASSERT_FALSE(refused) << at;
            EXPECT_EQ(refused.error().kind, ErrorKind::io);
            EXPECT_THAT(refused.error().message, HasSubstr("@/cfg000b82123456.xml"));
        }
        EXPECT_FALSE(sealer_.check(document, ByteView(sealed).first(sealed.size() - 1)));
        EXPECT_FALSE(sealer_.check(document, {}));
    }
}

TEST_F(SealerTest, ACheckRefusesAContainerThatIsSealedInAnotherWay) {
    const InContainer asked{Secret("Password1")};
    const Document document = sealed_document(asked);
    for (const InContainer& other :
         {InContainer{Secret("Password2")}, InContainer{Secret("Password1"), KeyDigest::sha256},
          InContainer{Secret("Password1"), KeyDigest::md5, false}})
        EXPECT_FALSE(sealer_.check(document, sealer_.seal(sealed_document(other)).value()));
    EXPECT_FALSE(sealer_.check(document, document.plain)) << "in clear";
}

TEST_F(SealerTest, ACheckRefusesADocumentThatDoesNotReadAsItWasComposed) {
    Document document = clear_document();
    document.plain = clear_document("other").plain;
    const Done refused = sealer_.check(document, document.plain);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("@/cfg000b82123456.xml"));
    Document vendors = document_of(VendorFile{{1, 2, 3}});
    EXPECT_FALSE(sealer_.check(vendors, vendors.plain)) << "it is no binary file";
}

TEST_F(SealerTest, WithoutAnEncoderThereIsNoEncodersFile) {
    const auto refused = sealer_.seal(encoder_document("ht", "000b82123456"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_THAT(refused.error().message, HasSubstr("class ht"));
}

} // namespace
} // namespace plugtone
