#include "core/formats/gs_binary.hpp"

#include <filesystem>
#include <fstream>
#include <random>

#include <gmock/gmock.h>

namespace plugtone {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const Mac mac = Mac::parse("000b82123456").value();

ParameterSet set_of(std::initializer_list<std::pair<const char*, const char*>> pairs) {
    ParameterSet set;
    for (const auto& [name, value] : pairs)
        set.emplace(ParameterName::parse(name).value(), value);
    return set;
}

Bytes contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

// P=value a line, as it was given to the encoders.
ParameterSet input_of(const fs::path& path) {
    std::ifstream file(path);
    ParameterSet set;
    for (std::string line; std::getline(file, line);)
        if (const auto equals = line.find('='); equals != std::string::npos)
            set.emplace(ParameterName::parse(line.substr(0, equals)).value(),
                        line.substr(equals + 1));
    return set;
}

std::string error_of(ByteView bytes) {
    const auto decoded = decode_gs_binary(bytes);
    return decoded ? "" : decoded.error().message;
}

TEST(GsBinary, IsByteForByteWhatAllEncodersAgreeOn) {
    EXPECT_EQ(to_hex(encode_gs_binary({mac, set_of({{"P1", "A"}})}).value()),
              "00000010d644000b821234560d0a0d0a50313d4126676e6b65793d3062383200");
    EXPECT_EQ(to_hex(encode_gs_binary({mac, set_of({{"P1", "AB"}})}).value()),
              "00000010ab2d000b821234560d0a0d0a50313d414226676e6b65793d30623832");
}

TEST(GsBinary, EscapesAsTheVendorDoes) {
    const auto bytes = encode_gs_binary({mac, set_of({{"P2", "a b&c=d%e+\"é"}})}).value();
    EXPECT_THAT(std::string(as_text(bytes)), HasSubstr("P2=a b%26c%3Dd%25e%2B\"é&gnkey=0b82"));
}

TEST(GsBinary, TakesAnotherKeyForAClassThatWantsIt) {
    const auto bytes = encode_gs_binary({mac, {}}, "ad0a").value();
    EXPECT_THAT(std::string(as_text(bytes)), HasSubstr("&gnkey=ad0a"));
    EXPECT_EQ(decode_gs_binary(bytes).value(), (GsBinary{mac, {}}));
}

struct VectorName {
    std::string input, mac, tool;
    bool encrypted = false;
};

// v01.000b82123456.dll190.plain.bin; nothing for the inputs.
std::optional<VectorName> vector_name(const std::string& file) {
    if (!file.ends_with(".bin"))
        return std::nullopt;
    const std::string tool = file.substr(17, file.find('.', 17) - 17);
    return VectorName{file.substr(0, 3), file.substr(4, 12), tool, file.ends_with(".enc.bin")};
}

// What an encoder that knows ASCII only makes of it: each character beyond becomes one '?'.
std::string ascii_only(const std::string& text) {
    std::string plain;
    for (const char character : text)
        if (const auto byte = static_cast<unsigned char>(character); byte < 0x80)
            plain += character;
        else if (byte >= 0xC0) // the first byte of a UTF-8 sequence
            plain += '?';
    return plain;
}

// Every file that another tool made, against the input it was given. Those that lost something of
// it are told apart in the vectors' README.
TEST(GsBinary, ReadsWhatEveryEncoderWrote) {
    int read = 0;
    for (const auto& entry : fs::directory_iterator(PLUGTONE_TEST_DATA "/vectors/binary")) {
        const std::string file = entry.path().filename().string();
        const auto name = vector_name(file);
        if (!name || name->encrypted)
            continue;
        if (name->tool == "provisioner" && name->input == "v04")
            continue; // it does not escape & and =: what it wrote is another configuration
        const auto decoded = decode_gs_binary(contents(entry.path()));
        ASSERT_TRUE(decoded) << file << ": " << decoded.error().message;
        EXPECT_EQ(decoded->mac.text(), name->mac) << file;
        ParameterSet wanted = input_of(entry.path().parent_path() / (name->input + ".txt"));
        for (auto& [parameter, value] : wanted) {
            if (name->tool == "perl") // it cuts a value at '#'
                value = value.substr(0, value.find('#'));
            if (name->tool == "dll181")
                value = ascii_only(value);
        }
        EXPECT_EQ(decoded->parameters, wanted) << file;
        ++read;
    }
    EXPECT_GT(read, 30);
}

TEST(GsBinary, RecognisesTheVendorsEncryptionAndDoesNotPretendToReadIt) {
    int seen = 0;
    for (const auto& entry : fs::directory_iterator(PLUGTONE_TEST_DATA "/vectors/binary")) {
        const auto name = vector_name(entry.path().filename().string());
        if (!name || !name->encrypted)
            continue;
        const Bytes bytes = contents(entry.path());
        EXPECT_TRUE(is_encrypted_gs_binary(bytes)) << entry.path();
        EXPECT_TRUE(check_gs_binary_frame(bytes)) << entry.path();
        EXPECT_THAT(error_of(bytes), HasSubstr("encrypted")) << entry.path();
        ++seen;
    }
    EXPECT_GT(seen, 0);
}

TEST(GsBinary, RefusesByNameWhatIsWrong) {
    const Bytes good = encode_gs_binary({mac, set_of({{"P1", "A"}})}).value();
    Bytes bad = good;
    bad[3] ^= 1U;
    EXPECT_THAT(error_of(bad), HasSubstr("length"));
    bad = good;
    bad[20] ^= 1U;
    EXPECT_THAT(error_of(bad), HasSubstr("checksum"));
    bad = good;
    bad[12] = ' ';
    EXPECT_THAT(error_of(bad), HasSubstr("CR LF CR LF"));
    EXPECT_THAT(error_of(ByteView(good).first(10)), HasSubstr("size"));
    EXPECT_THAT(error_of({}), HasSubstr("size"));
}

TEST(GsBinary, RefusesAFileTooLongForItsLength) {
    GsBinary file{mac, {}};
    const std::string value(parameter_value_size_max, 'a');
    for (int number = 1; number <= 16; ++number)
        file.parameters.emplace(ParameterName::parse("P" + std::to_string(number)).value(), value);
    const auto encoded = encode_gs_binary(file);
    ASSERT_FALSE(encoded);
    EXPECT_THAT(encoded.error().message, HasSubstr("131070"));
}

TEST(GsBinary, DecodesWhatItEncodes) {
    std::mt19937 random(1); // the same each time
    std::uniform_int_distribution<int> size(0, 60), character(0x20, 0x7E), number(1, 9999);
    for (int round = 0; round < 200; ++round) {
        GsBinary file{mac, {}};
        for (int n = size(random); n > 0; --n) {
            std::string value;
            for (int length = size(random); length > 0; --length)
                value += static_cast<char>(character(random));
            file.parameters.emplace(
                ParameterName::parse("P" + std::to_string(number(random))).value(), value);
        }
        EXPECT_EQ(decode_gs_binary(encode_gs_binary(file).value()).value(), file);
    }
}

} // namespace
} // namespace plugtone
