#include "kea-hook/offer.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

// RFC 2131 section 2: 64 and 128 bytes, the last of them 0.
constexpr std::size_t sub_option_size_max = 251; // with its code and length whole in one option
constexpr std::string_view url_place = "{url}";
constexpr std::uint8_t url_code = 66; // RFC 2132 section 9.4
constexpr std::size_t server_name_size_max = 63;
constexpr std::size_t boot_file_size_max = 127;
constexpr std::size_t usual_size = 64;

Result<Bytes> address_bytes(std::string_view value, const UrlValues& values) {
    Bytes bytes;
    for (const std::string_view word : words(value)) {
        const std::string_view text = word == "{server}" ? std::string_view(values.server) : word;
        const auto address = Ipv4::parse(text);
        if (!address)
            return fail("want an IPv4 address, got '" + printable(text) + "'");
        for (const unsigned shift : {24U, 16U, 8U, 0U})
            bytes.push_back(static_cast<std::uint8_t>(address->number >> shift));
    }
    return bytes;
}

Bytes number_bytes(OptionForm form, std::uint32_t number) {
    const unsigned size = form == OptionForm::u8 ? 1 : form == OptionForm::u16 ? 2 : 4;
    Bytes bytes;
    for (unsigned at = size; at-- > 0;)
        bytes.push_back(static_cast<std::uint8_t>(number >> (8 * at)));
    return bytes;
}

Result<Bytes> value_bytes(OptionForm form, const std::string& value, const UrlValues& values) {
    if (form == OptionForm::addresses)
        return address_bytes(value, values);
    if (form == OptionForm::hex)
        return from_hex(value).value_or(Bytes{});
    if (form == OptionForm::u8 || form == OptionForm::u16 || form == OptionForm::u32)
        return number_bytes(form, parse_number<std::uint32_t>(value).value_or(0));
    if (value == url_place) { // nearly always
        const ByteView bytes = as_bytes(values.url);
        return Bytes(bytes.begin(), bytes.end());
    }
    const auto text = fill_url_template(value, values);
    if (!text)
        return tl::unexpected(text.error());
    const ByteView bytes = as_bytes(*text);
    return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> sub_option_bytes(const OfferedOption& option, const UrlValues& values) {
    Bytes all;
    all.reserve(usual_size);
    for (const SubOption& sub : option.sub_options) {
        const auto bytes = value_bytes(sub.form, sub.value, values);
        if (!bytes)
            return fail_in("sub-option " + std::to_string(sub.code), bytes.error());
        if (bytes->size() > sub_option_size_max)
            return fail("sub-option " + std::to_string(sub.code) + ": " +
                        std::to_string(bytes->size()) + " bytes do not fit");
        all.push_back(sub.code);
        all.push_back(static_cast<std::uint8_t>(bytes->size()));
        all.insert(all.end(), bytes->begin(), bytes->end());
    }
    if (option.enterprise == 0)
        return all;
    if (all.size() > 0xFF)
        return fail(std::to_string(all.size()) + " bytes of sub-options do not fit");
    Bytes whole = number_bytes(OptionForm::u32, option.enterprise);
    whole.push_back(static_cast<std::uint8_t>(all.size()));
    whole.insert(whole.end(), all.begin(), all.end());
    return whole;
}

// What does not fit its field is left out, and said.
void fill_fixed_fields(const DeviceClass& device_class, const UrlValues& values, Offer& offer) {
    if (!device_class.next_server.empty()) {
        offer.next_server = Ipv4::parse(
            device_class.next_server == "{server}" ? values.server : device_class.next_server);
        if (!offer.next_server)
            offer.left_out.push_back("next-server: no address of ours is known");
    }
    using Field = std::tuple<const char*, const std::string&, std::size_t, std::string&>;
    const std::array<Field, 2> fields{
        {{"server-name", device_class.server_name, server_name_size_max, offer.server_name},
         {"boot-file", device_class.boot_file, boot_file_size_max, offer.boot_file}}};
    for (const auto& [name, wanted, size_max, into] : fields) {
        if (wanted.empty())
            continue;
        auto text = fill_url_template(wanted, values);
        if (text && text->size() <= size_max)
            into = std::move(*text);
        else
            offer.left_out.push_back(std::string(name) + ": " +
                                     (text ? std::to_string(text->size()) + " bytes, at most " +
                                                 std::to_string(size_max) + " fit"
                                           : text.error().message));
    }
}

Result<Bytes> option_bytes(const OfferedOption& option, const UrlValues& values) {
    auto bytes = option.form == OptionForm::sub ? sub_option_bytes(option, values)
                                                : value_bytes(option.form, option.value, values);
    if (bytes && (bytes->empty() || bytes->size() > option_size_max))
        return fail("want 1 to " + std::to_string(option_size_max) + " bytes, got " +
                    std::to_string(bytes->size()));
    return bytes;
}

// To find the model takes longer than all the rest, and few templates want it.
bool wants_model(const DeviceClass& device_class, std::string_view url) {
    const auto in = [](std::string_view text) { return text.find("{model}") != text.npos; };
    const auto in_option = [&](const OfferedOption& option) {
        return in(option.value) || std::any_of(option.sub_options.begin(), option.sub_options.end(),
                                               [&](const SubOption& sub) { return in(sub.value); });
    };
    return in(url) || in(device_class.url) || in(device_class.server_name) ||
           in(device_class.boot_file) ||
           std::any_of(device_class.options.begin(), device_class.options.end(), in_option);
}

OfferedOption url_option() {
    OfferedOption option;
    option.code = url_code;
    option.value = url_place;
    option.override_kea = true;
    return option;
}

} // namespace

const DeviceClass& redirected_class() {
    static const DeviceClass made = [] {
        DeviceClass redirected;
        redirected.name = "redirected";
        redirected.url = "{server}"; // the redirection's takes its place
        redirected.options.push_back(url_option());
        return redirected;
    }();
    return made;
}

Offer make_offer(const DeviceClass& device_class, const Identity& identity,
                 const OfferContext& context) {
    Offer offer;
    UrlValues values{context.server, identity.mac.text(), {}, device_class.name, context.site, {}};
    if (wants_model(device_class, context.url))
        values.model = model_of(identity.vendor_class);
    const auto url =
        fill_url_template(context.url.empty() ? device_class.url : context.url, values);
    if (!url) {
        offer.left_out.push_back("all options: " + url.error().message);
        return offer;
    }
    offer.url = values.url = *url;
    fill_fixed_fields(device_class, values, offer);
    offer.options.reserve(device_class.options.size());
    for (const OfferedOption& of_class : device_class.options) {
        const OfferedOption& option = context.is_redirected && of_class.code == url_code
                                          ? redirected_class().options.front()
                                          : of_class;
        const auto leave_out = [&](const std::string& why) {
            offer.left_out.push_back("option " + std::to_string(option.code) + ": " + why);
        };
        if (option.only_if_requested && !context.requested(option.code)) {
            leave_out("the client did not ask for it");
            continue;
        }
        if (!option.override_kea && context.set_by_kea(option.code)) {
            leave_out("Kea's own configuration has set it");
            continue;
        }
        auto bytes = option_bytes(option, values);
        if (!bytes) {
            leave_out(bytes.error().message);
            continue;
        }
        offer.options.push_back({option.code, std::move(*bytes),
                                 option.code == 43 && option.form == OptionForm::sub,
                                 option.override_kea});
    }
    return offer;
}

} // namespace plugtone
