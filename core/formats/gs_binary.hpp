// The binary configuration file cfg<mac> (the guide, "Configuration File"; its layout: facts,
// section 1). A 16-byte header - u32 length of the whole file in 16-bit words, u16 checksum that
// makes the 16-bit big-endian words add up to 0, the MAC, CR LF CR LF - then
// "P1=value&P2=value&gnkey=0b82", padded with NUL to an even length.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

struct GsBinary {
    Mac mac;
    ParameterSet parameters;

    bool operator==(const GsBinary&) const = default;
};

// Longest file, bytes: encoders and devices keep the length in 16 bits of words.
inline constexpr std::size_t gs_binary_size_max = 131070;

// The key that devices look for at the end; the same for all of them but in one encoder (facts,
// 1.1).
inline constexpr std::string_view usual_gnkey = "0b82";

// Parameters in numeric order, escaped as the vendor's encoder does. The same input gives the same
// bytes. Refuses what would be longer than gs_binary_size_max.
Result<Bytes> encode_gs_binary(const GsBinary& file, std::string_view gnkey = usual_gnkey);

// Reads what the public encoders write: %xx in either case, '+' for a blank, padding to 2 or 4.
// Refuses a wrong length, checksum or separator, keys that are no parameters, and the encrypted
// form.
Result<GsBinary> decode_gs_binary(ByteView bytes);

// The vendor's encrypted form, whose key derivation is not public: FF 01 in place of the MAC.
// Length and checksum can be checked, the rest cannot be read.
bool is_encrypted_gs_binary(ByteView bytes);
Done check_gs_binary_frame(ByteView bytes);

} // namespace plugtone
