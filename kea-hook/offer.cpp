#include "kea-hook/offer.hpp"

#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/classes/url_template.hpp"

namespace plugtone {

namespace {

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

Result<Bytes> value_bytes(OptionForm form, const std::string& value, const UrlValues& values) {
    if (form == OptionForm::addresses)
        return address_bytes(value, values);
    if (form == OptionForm::hex)
        return from_hex(value).value_or(Bytes{});
    const auto text = fill_url_template(value, values);
    if (!text)
        return tl::unexpected(text.error());
    const ByteView bytes = as_bytes(*text);
    return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> sub_option_bytes(const OfferedOption& option, const UrlValues& values) {
    Bytes all;
    for (const SubOption& sub : option.sub_options) {
        const auto bytes = value_bytes(sub.form, sub.value, values);
        if (!bytes)
            return fail_in("sub-option " + std::to_string(sub.code), bytes.error());
        all.push_back(sub.code);
        all.push_back(static_cast<std::uint8_t>(bytes->size()));
        all.insert(all.end(), bytes->begin(), bytes->end());
        if (bytes->size() > option_size_max)
            return fail("sub-option " + std::to_string(sub.code) + ": " +
                        std::to_string(bytes->size()) + " bytes do not fit");
    }
    return all;
}

Result<Bytes> option_bytes(const OfferedOption& option, const UrlValues& values) {
    auto bytes = option.form == OptionForm::sub ? sub_option_bytes(option, values)
                                                : value_bytes(option.form, option.value, values);
    if (bytes && (bytes->empty() || bytes->size() > option_size_max))
        return fail("want 1 to " + std::to_string(option_size_max) + " bytes, got " +
                    std::to_string(bytes->size()));
    return bytes;
}

} // namespace

Offer make_offer(const DeviceClass& device_class, const Identity& identity,
                 const OfferContext& context) {
    Offer offer;
    UrlValues values{context.server,    identity.mac.text(), model_of(identity.vendor_class),
                     device_class.name, context.site,        {}};
    const auto url = fill_url_template(device_class.url, values);
    if (!url) {
        offer.left_out.push_back("all options: " + url.error().message);
        return offer;
    }
    offer.url = values.url = *url;
    for (const OfferedOption& option : device_class.options) {
        const std::string name = "option " + std::to_string(option.code) + ": ";
        if (option.only_if_requested && !context.requested(option.code)) {
            offer.left_out.push_back(name + "the client did not ask for it");
            continue;
        }
        if (!option.override_kea && context.set_by_kea(option.code)) {
            offer.left_out.push_back(name + "Kea's own configuration has set it");
            continue;
        }
        auto bytes = option_bytes(option, values);
        if (!bytes) {
            offer.left_out.push_back(name + bytes.error().message);
            continue;
        }
        offer.options.push_back({option.code, std::move(*bytes), option.override_kea});
    }
    return offer;
}

} // namespace plugtone
