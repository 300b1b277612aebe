// In the place of libicudata, which is 31 MB of locales and character sets: an ICU without any data, as ICU's own stubdata.cpp is one.
//
// ICU comes in by libarchive, whose reader of xar archives links libxml2. Nothing of the appliance reads xar or asks ICU for anything; what did
// would be told U_FILE_ACCESS_ERROR. ENTRY is icudtN_dat, N being ICU's major version.
#include <stdint.h>

_Alignas(16) const struct {
    uint16_t header_size;
    uint8_t magic[2];
    uint16_t info_size, info_reserved;
    uint8_t big_endian, charset, char_size, reserved;
    uint8_t format[4], format_version[4], data_version[4];
    uint8_t padding[8];
    uint32_t count, count_reserved;
    uint32_t names[4];
} ENTRY = {32, {0xda, 0x27}, 20, 0, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0}, {0}, 0, 0, {0}};
