#include "core/formats/openssl_container.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/text.hpp"
#include "tests/unit/core/temp_folder.hpp"

namespace plugtone {
namespace {

const std::string vectors = PLUGTONE_TEST_DATA "/vectors/openssl/";

Bytes bytes_of(const std::string& path) {
    const std::string content = test::content_of(path);
    return {content.begin(), content.end()};
}

// One line of keys.txt: "FILE in=PLAIN pass=[PASSWORD] md=DIGEST salt=HEX|nosalt … sha256=… len=…".
struct Vector {
    std::string file;
    std::string plain;
    Secret password;
    KeyDigest digest = KeyDigest::md5;
    std::optional<Salt> salt;
    std::string sha256;
};

std::string between(const std::string& line, const std::string& before, const std::string& after) {
    const std::size_t start = line.find(before) + before.size();
    return line.substr(start, line.find(after, start) - start);
}

std::vector<Vector> read_vectors() {
    std::vector<Vector> all;
    std::ifstream file(vectors + "keys.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.find(" in=") == std::string::npos)
            continue;
        Vector made;
        made.file = line.substr(0, line.find(' '));
        made.plain = between(line, " in=", " ");
        made.password = Secret(between(line, "pass=[", "]"));
        made.digest = between(line, " md=", " ") == "md5" ? KeyDigest::md5 : KeyDigest::sha256;
        made.sha256 = between(line, "sha256=", " ");
        if (const auto salt = from_hex(between(line, " salt=", " "))) {
            made.salt.emplace();
            std::copy(salt->begin(), salt->end(), made.salt->begin());
        }
        all.push_back(std::move(made));
    }
    return all;
}

TEST(OpensslContainer, MakesTheBytesThatOpensslMade) {
    const auto all = read_vectors();
    ASSERT_EQ(all.size(), 15U);
    for (const Vector& vector : all) {
        const Bytes plain = bytes_of(vectors + vector.plain);
        const auto made = encrypt_container(plain, vector.password, vector.digest, vector.salt);
        ASSERT_TRUE(made) << vector.file;
        EXPECT_EQ(*made, bytes_of(vectors + vector.file)) << vector.file;
        EXPECT_EQ(sha256_hex(*made), vector.sha256) << vector.file;
    }
}

TEST(OpensslContainer, ReadsTheFilesThatOpensslMade) {
    for (const Vector& vector : read_vectors()) {
        const auto plain =
            decrypt_container(bytes_of(vectors + vector.file), vector.password, vector.digest);
        ASSERT_TRUE(plain) << vector.file << plain.error().message;
        EXPECT_EQ(*plain, bytes_of(vectors + vector.plain)) << vector.file;
    }
}

TEST(OpensslContainer, ReadsWhatOtherServersMade) {
    const std::map<std::string, std::string> plain_of = {
        {"p1.guru3.enc", "plain1.xml"},
        {"p2.guru3.enc", "plain2_len160.xml"},
        {"p1.md5.randomsalt.enc", "plain1.xml"},
    };
    for (const auto& [file, plain] : plain_of) {
        const auto read =
            decrypt_container(bytes_of(vectors + file), Secret("password"), KeyDigest::md5);
        ASSERT_TRUE(read) << file;
        EXPECT_EQ(*read, bytes_of(vectors + plain)) << file;
    }
    for (const char* file : {"p1.sha256.randomsalt.enc", "p1.default-digest.randomsalt.enc"})
        EXPECT_EQ(
            *decrypt_container(bytes_of(vectors + file), Secret("password"), KeyDigest::sha256),
            bytes_of(vectors + "plain1.xml"));
}

TEST(OpensslContainer, EveryLengthComesBack) {
    const Secret password("p&ss<w>(1)");
    for (std::size_t size = 0; size <= 50; ++size)
        for (const auto& salt : {std::optional<Salt>(), std::optional(*random_salt())}) {
            const Bytes plain(size, 0x5A);
            const auto sealed = encrypt_container(plain, password, KeyDigest::md5, salt);
            ASSERT_TRUE(sealed);
            EXPECT_EQ(sealed->size(), (size / 16 + 1) * 16 + (salt ? 16 : 0));
            EXPECT_EQ(*decrypt_container(*sealed, password, KeyDigest::md5), plain);
        }
}

TEST(OpensslContainer, DoesNotOpenWithAnotherPasswordOrDigest) {
    const Bytes sealed = bytes_of(vectors + "p1.md5.salt0102030405060708.enc");
    const Bytes plain = bytes_of(vectors + "plain1.xml");
    const auto with_digest = decrypt_container(sealed, Secret("password"), KeyDigest::sha256);
    EXPECT_FALSE(with_digest);
    EXPECT_FALSE(decrypt_container(sealed, Secret("Password"), KeyDigest::md5));
    EXPECT_EQ(with_digest.error().message,
              "encrypted file: the password or the digest is not the one it was made with");
}

TEST(OpensslContainer, RefusesWhatIsNoContainer) {
    const auto refusal = [](std::string_view bytes) {
        const auto refused = decrypt_container(as_bytes(bytes), Secret("x"), KeyDigest::md5);
        return refused ? "taken" : refused.error().message;
    };
    EXPECT_EQ(refusal(""), "encrypted file: want whole blocks of 16 bytes, got 0");
    EXPECT_EQ(refusal("Salted__"), "encrypted file: want whole blocks of 16 bytes, got 8");
    EXPECT_EQ(refusal("Salted__12345678"), "encrypted file: want whole blocks of 16 bytes, got 0");
    EXPECT_EQ(refusal("Salted__12345678123"),
              "encrypted file: want whole blocks of 16 bytes, got 3");
    EXPECT_EQ(refusal("<?xml version=\"1.0\"?>"),
              "encrypted file: want whole blocks of 16 bytes, got 21");
}

TEST(OpensslContainer, RefusesWhatOpensslCouldNotCount) {
    const Bytes large(container_size_max + 33);
    EXPECT_FALSE(encrypt_container(large, Secret("x"), KeyDigest::md5, std::nullopt));
    EXPECT_FALSE(decrypt_container(large, Secret("x"), KeyDigest::md5));
}

TEST(OpensslContainer, SaltsDiffer) {
    EXPECT_NE(*random_salt(), *random_salt());
}

TEST(XmlPassword, IsWhatTheDevicesTake) {
    EXPECT_TRUE(check_xml_password(Secret("p&ss<w>(1)!~")));
    EXPECT_TRUE(check_xml_password(Secret(std::string(40, 'a'))));
    for (const std::string& bad :
         {std::string(), std::string(41, 'a'), std::string("a b"), std::string("ä"),
          std::string("a\n"), std::string("\x7f"), std::string("a\0b", 3)}) {
        const auto refused = check_xml_password(Secret(bad));
        ASSERT_FALSE(refused);
        EXPECT_TRUE(bad.empty() || refused.error().message.find(bad) == std::string::npos);
    }
}

TEST(XmlPassword, IsMadeOfLettersAndDigitsAndNeverTwice) {
    std::set<std::string> seen;
    std::set<char> characters;
    for (int at = 0; at < 200; ++at) {
        const auto password = generate_xml_password();
        ASSERT_TRUE(password);
        EXPECT_EQ(password->reveal().size(), 24U);
        EXPECT_TRUE(check_xml_password(*password));
        seen.insert(std::string(password->reveal()));
        characters.insert(password->reveal().begin(), password->reveal().end());
    }
    EXPECT_EQ(seen.size(), 200U);
    EXPECT_EQ(characters.size(), 62U) << "4800 draws see each of 62 characters";
}

// Runs openssl(1) with these arguments; its exit status, or -1.
int run_openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    std::vector<char*> raw;
    for (std::string& argument : arguments)
        raw.push_back(argument.data());
    raw.push_back(nullptr);
    pid_t child = 0;
    int status = 0;
    if (::posix_spawnp(&child, "openssl", nullptr, nullptr, raw.data(), ::environ) != 0 ||
        ::waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

class OpensslPeer : public testing::TestWithParam<std::pair<const char*, KeyDigest>> {
protected:
    void SetUp() override {
        if (run_openssl({"version", "-v"}) != 0)
            GTEST_SKIP() << "openssl(1) is not installed";
    }
    test::TempFolder folder_;
};

TEST_P(OpensslPeer, OpensWhatWeSeal) {
    const auto& [name, digest] = GetParam();
    const Secret password = *generate_xml_password();
    const std::string plain = "<P34>p&amp;ss</P34>\n";
    const auto sealed = encrypt_container(as_bytes(plain), password, digest, *random_salt());
    const std::string in = folder_.write("sealed", std::string(as_text(*sealed)));
    const std::string out = folder_.path("plain");
    ASSERT_EQ(run_openssl({"enc", "-d", "-aes-256-cbc", "-md", name, "-pass",
                           "file:" + folder_.write("password", std::string(password.reveal())),
                           "-in", in, "-out", out}),
              0);
    EXPECT_EQ(test::content_of(out), plain);
}

TEST_P(OpensslPeer, SealsWhatWeOpen) {
    const auto& [name, digest] = GetParam();
    for (const char* salted : {"-salt", "-nosalt"}) {
        const std::string out = folder_.path("sealed");
        ASSERT_EQ(run_openssl({"enc", "-aes-256-cbc", salted, "-md", name, "-pass",
                               "file:" + folder_.write("password", "p&ss<w>(1)"), "-in",
                               folder_.write("plain", "some text"), "-out", out}),
                  0);
        const auto plain = decrypt_container(bytes_of(out), Secret("p&ss<w>(1)"), digest);
        ASSERT_TRUE(plain) << salted;
        EXPECT_EQ(as_text(*plain), "some text");
    }
}

INSTANTIATE_TEST_SUITE_P(Digests, OpensslPeer,
                         testing::Values(std::pair{"md5", KeyDigest::md5},
                                         std::pair{"sha256", KeyDigest::sha256}),
                         [](const auto& example) { return std::string(example.param.first); });

} // namespace
} // namespace plugtone
