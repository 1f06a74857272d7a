import com.google.gson.JsonObject;
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Where a client connects to, and whom it trusts there. */
record Address(String transport, String host, int port, String path, String ca) {
  static Address of(JsonObject command) {
    return new Address(
        command.get("transport").getAsString(),
        command.get("host").getAsString(),
        command.get("port").getAsInt(),
        command.get("path").getAsString(),
        command.has("ca") ? command.get("ca").getAsString() : null);
  }

  boolean isSecure() {
    return transport.equals("tls") || transport.equals("wss");
  }

  boolean isWebSocket() {
    return transport.equals("ws") || transport.equals("wss");
  }

  /** As Paho wants it. */
  String uri() {
    String scheme = transport.equals("tls") ? "ssl" : transport;
    return scheme + "://" + host + ":" + port + (isWebSocket() ? path : "");
  }

  SSLContext sslContext() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trustManagers().getTrustManagers(), null);
    return context;
  }

  TrustManagerFactory trustManagers() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream file = new FileInputStream(ca)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory;
  }
}
