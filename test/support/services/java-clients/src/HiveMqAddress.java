import com.google.gson.JsonObject;
import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientBuilder;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;

/** What HiveMQ's clients of both versions are built from. */
final class HiveMqAddress {
  private HiveMqAddress() {}

  static MqttClientBuilder apply(MqttClientBuilder builder, String name, JsonObject command) throws Exception {
    Address address = Address.of(command);
    MqttClientBuilder result =
        builder
            .serverHost(address.host())
            .serverPort(address.port())
            .addDisconnectedListener(context -> Driver.disconnected(name, reasonCode(context)));
    String clientId = command.get("clientId").getAsString();
    if (!clientId.isEmpty()) result = result.identifier(clientId);
    if (address.isWebSocket()) {
      result = result.webSocketConfig(MqttWebSocketConfig.builder().serverPath(address.path()).build());
    }
    if (address.isSecure()) {
      result = result.sslConfig(MqttClientSslConfig.builder().trustManagerFactory(address.trustManagers()).build());
    }
    return result;
  }

  /** The listeners are told of a disconnection before the client may connect again. */
  static void waitUntilDisconnected(MqttClient client) throws InterruptedException {
    while (client.getState() != MqttClientState.DISCONNECTED) Thread.sleep(1);
  }

  private static Integer reasonCode(MqttClientDisconnectedContext context) {
    if (context.getCause() instanceof Mqtt5DisconnectException exception) {
      return exception.getMqttMessage().getReasonCode().getCode();
    }
    return null;
  }
}
