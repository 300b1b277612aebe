#include "agent/document.hpp"

#include "core/formats/parameter_text.hpp"

namespace plugtone {

namespace {

Bytes bytes_of(std::string_view text) {
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

Result<Bytes> bytes_of(const Result<std::string>& text) {
    return text ? Result<Bytes>(bytes_of(std::string_view(*text))) : tl::unexpected(text.error());
}

struct Renderer {
    Result<Bytes> operator()(const GsDocument& document) const {
        return bytes_of(render_gs_xml(document));
    }
    Result<Bytes> operator()(const GsAliasDocument& document) const {
        return bytes_of(render_gs_alias_xml(document));
    }
    Result<Bytes> operator()(const BinaryFile& file) const {
        return encode_gs_binary(file.content, file.gnkey);
    }
    Result<Bytes> operator()(const TextTemplate& text) const {
        return bytes_of(render_parameter_text(text.parameters));
    }
    Result<Bytes> operator()(const VendorFile& file) const { return file.bytes; }
    Result<Bytes> operator()(const OfferOverrides& overrides) const {
        return bytes_of(std::string_view(encode_overrides(overrides)));
    }
};

template <class Value>
Done same(const std::string& name, const Result<Value>& read, const Value& composed) {
    if (!read)
        return tl::unexpected(read.error());
    if (*read != composed)
        return fail(ErrorKind::io, name + ": it does not read as it was composed");
    return {};
}

struct Reader {
    const std::string& name;
    ByteView plain;

    Done operator()(const GsDocument& document) const {
        return same(name, parse_gs_xml(name, plain), document);
    }
    Done operator()(const GsAliasDocument& document) const {
        return same(name, parse_gs_alias_xml(name, plain), document);
    }
    Done operator()(const BinaryFile& file) const {
        return same(name, decode_gs_binary(plain), file.content);
    }
    Done operator()(const TextTemplate& text) const {
        return same(name, parse_parameter_text(name, plain), text.parameters);
    }
    Done operator()(const VendorFile&) const { return check_gs_binary_frame(plain); }
    Done operator()(const OfferOverrides& overrides) const {
        return same(name, decode_overrides(plain), overrides);
    }
};

} // namespace

Result<Bytes> render(const DocumentContent& content) {
    return std::visit(Renderer{}, content);
}

Done check_rendered(const std::string& name, const DocumentContent& content, ByteView plain) {
    return std::visit(Reader{name, plain}, content);
}

} // namespace plugtone
